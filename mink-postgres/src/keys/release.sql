DELETE FROM {schema}.keys k
WHERE k.tenant = $1 AND k.key = $2 AND k.owner = $3
RETURNING 1
