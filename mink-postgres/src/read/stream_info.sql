SELECT s.version, s.first, s.truncated, s.deleted
FROM {schema}.streams s
WHERE s.tenant = $1 AND s.stream = $2
