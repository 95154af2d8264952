SELECT s.version
FROM {schema}.streams s
WHERE s.tenant = $1 AND s.stream = $2
