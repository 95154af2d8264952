SELECT s.version AS head, s.first, s.truncated, s.deleted, e.version, e.event_id, e.event_type, e.schema_version,
       e.format, e.payload, e.payload_bytes, e.metadata, e.recorded_at
FROM {schema}.streams s
LEFT JOIN LATERAL (
    SELECT *
    FROM {schema}.events x
    WHERE x.tenant = s.tenant AND x.stream = s.stream AND x.version >= greatest($3, s.first) AND x.version <= $4
    ORDER BY x.tenant DESC, x.stream DESC, x.version DESC
    LIMIT $5
) e ON true
WHERE s.tenant = $1 AND s.stream = $2
