-- The catalogs themselves: what `to_regclass` knows may be from before this session waited for its lock.
SELECT current_setting('server_version_num')::integer,
       current_setting('server_encoding'),
       EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = $1),
       EXISTS (
           SELECT
           FROM pg_catalog.pg_class c
           JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = $1 AND c.relname = 'migrations')
