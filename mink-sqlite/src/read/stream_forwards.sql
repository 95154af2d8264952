SELECT concat_ws(' ', s.version, s.first, s.truncated, s.deleted, e.version, e.schema_version, e.recorded_at, octet_length(e.event_id), octet_length(e.event_type), octet_length(e.format), e.event_id, e.event_type, e.format, e.metadata), e.payload
FROM mink_streams AS s
LEFT JOIN mink_events AS e
    ON e.tenant = s.tenant AND e.stream = s.stream AND NOT s.deleted AND e.version >= max(?, s.first) AND e.version <= ?
WHERE s.tenant = ? AND s.stream = ?
ORDER BY e.version ASC
LIMIT ?;
