SELECT e.stream, e.version, e.event_id, e.event_type, e.schema_version, e.recorded_at, e.format, e.metadata, e.payload
FROM mink_events AS e
WHERE e.tenant = ? AND e.event_id = ?
