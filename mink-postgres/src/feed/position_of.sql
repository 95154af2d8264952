SELECT f.position
FROM {schema}.events e
LEFT JOIN {schema}.feed f ON f.ord = e.ord
WHERE e.tenant = $1 AND e.event_id = $2
