SELECT s.version, NULL::uuid, NULL::text, NULL::bigint, NULL::text, NULL::json, NULL::bytea
FROM {schema}.streams s
WHERE s.tenant = $1 AND s.stream = $2
UNION ALL (
    SELECT e.version, e.event_id, e.event_type, e.schema_version, e.format, e.payload, e.payload_bytes
    FROM {schema}.events e
    WHERE e.tenant = $1 AND e.stream = $2 AND e.version >= $3 AND e.version <= $4
    ORDER BY e.tenant, e.stream, e.version
    LIMIT $5
)
