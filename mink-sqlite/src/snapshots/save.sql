INSERT INTO mink_snapshots (tenant, stream, version, fingerprint, format, taken_at, payload)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, stream) DO UPDATE SET
    version = excluded.version,
    fingerprint = excluded.fingerprint,
    format = excluded.format,
    taken_at = excluded.taken_at,
    payload = excluded.payload
WHERE fingerprint <> excluded.fingerprint OR version < excluded.version
