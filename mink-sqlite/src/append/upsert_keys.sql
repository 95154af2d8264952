INSERT INTO mink_keys (tenant, key, command, fingerprint, recorded_at, expires_at, commit_id, answer)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, key) DO UPDATE SET
    command = excluded.command,
    fingerprint = excluded.fingerprint,
    recorded_at = excluded.recorded_at,
    expires_at = excluded.expires_at,
    owner = NULL,
    commit_id = excluded.commit_id,
    answer = excluded.answer
;
