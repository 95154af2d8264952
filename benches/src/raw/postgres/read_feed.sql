SELECT f.position, e.tenant, e.stream, e.version, e.event_id, e.event_type, e.schema_version, e.recorded_at, e.format, e.metadata, e.payload
FROM mink.feed f
JOIN mink.events e ON e.tenant = f.tenant AND e.stream = f.stream AND e.version = f.version
WHERE f.position > $1
ORDER BY f.position
LIMIT 1000
