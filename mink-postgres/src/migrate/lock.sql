SET LOCAL lock_timeout = '60s';
SELECT pg_advisory_xact_lock(hashtextextended('mink migrations {schema}', 0))
