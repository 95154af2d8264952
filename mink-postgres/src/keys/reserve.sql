SELECT k.commit_id, k.command, k.fingerprint, k.answer, k.recorded_at, k.until
FROM {schema}.reserve_key($1, $2, $3, $4, $5, $6) k
