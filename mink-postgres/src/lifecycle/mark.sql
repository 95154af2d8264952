UPDATE {schema}.streams s
SET first = $3, truncated = $4, deleted = $5
WHERE s.tenant = $1 AND s.stream = $2
