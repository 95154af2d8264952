INSERT INTO {schema}.snapshots AS p (tenant, stream, version, fingerprint, format, payload, taken_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant, stream) DO UPDATE
SET version = excluded.version, fingerprint = excluded.fingerprint, format = excluded.format,
    payload = excluded.payload, taken_at = excluded.taken_at
WHERE p.fingerprint <> excluded.fingerprint OR p.version < excluded.version
RETURNING 1
