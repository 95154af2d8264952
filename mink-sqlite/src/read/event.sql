SELECT e.stream, concat_ws(' ', e.version, e.schema_version, e.recorded_at, octet_length(e.event_id), octet_length(e.event_type), octet_length(e.format), e.event_id, e.event_type, e.format, e.metadata), e.payload
FROM mink_events AS e
WHERE e.tenant = ? AND e.event_id = ? AND e.format NOT IN ('truncated', 'archived')
