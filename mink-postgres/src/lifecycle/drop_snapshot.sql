DELETE FROM {schema}.snapshots p
WHERE p.tenant = $1 AND p.stream = $2 AND p.version < $3 - 1
