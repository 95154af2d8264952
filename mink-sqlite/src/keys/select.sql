SELECT command, fingerprint, recorded_at, expires_at, owner, commit_id, answer
FROM mink_keys
WHERE tenant = ? AND key = ?
