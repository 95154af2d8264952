SELECT o_status, o_version, o_reused
FROM {schema}.commit_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
)
