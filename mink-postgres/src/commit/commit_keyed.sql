SELECT o_status, o_version, o_reused, o_key, o_key_command, o_key_fingerprint, o_key_answer, o_key_at, o_key_until
FROM {schema}.commit_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
    $18, $19, $20, $21, $22, $23, $24, $25, $26
)
