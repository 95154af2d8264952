INSERT INTO mink_streams (tenant, stream, category, version)
VALUES
(...)
ON CONFLICT (tenant, stream) DO UPDATE SET version = excluded.version;
