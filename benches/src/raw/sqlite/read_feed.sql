SELECT position, tenant, stream, version, event_id, event_type, schema_version, recorded_at, format, metadata, payload
FROM mink_events
WHERE position > ?
ORDER BY position
LIMIT 1000
