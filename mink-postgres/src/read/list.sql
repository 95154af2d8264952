SELECT s.stream, s.version, s.first, s.truncated, s.deleted
FROM {schema}.streams s
WHERE s.tenant = $1 AND s.stream >= $2 AND s.stream > $3 AND s.stream < $4
    AND ($5::text IS NULL OR s.category = $5)
ORDER BY s.tenant, s.stream
LIMIT $6
