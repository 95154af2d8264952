SELECT e.stream, e.version, e.event_id, e.event_type, e.schema_version, e.format, e.payload, e.payload_bytes,
       e.metadata, e.recorded_at
FROM {schema}.events e
WHERE e.tenant = $1 AND e.event_id = $2 AND e.format NOT IN ('truncated', 'archived')
