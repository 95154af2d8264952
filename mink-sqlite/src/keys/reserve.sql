INSERT INTO mink_keys (tenant, key, command, fingerprint, recorded_at, expires_at, owner)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (tenant, key) DO UPDATE SET
    command = excluded.command,
    fingerprint = excluded.fingerprint,
    recorded_at = excluded.recorded_at,
    expires_at = excluded.expires_at,
    owner = excluded.owner,
    commit_id = NULL,
    answer = NULL
WHERE expires_at <= excluded.recorded_at OR owner = excluded.owner
