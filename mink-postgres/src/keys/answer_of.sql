SELECT k.commit_id, k.command, k.fingerprint, k.answer, k.recorded_at, k.until
FROM {schema}.keys k
WHERE k.tenant = $1 AND k.key = $2 AND k.commit_id IS NOT NULL AND k.until > clock_timestamp()
