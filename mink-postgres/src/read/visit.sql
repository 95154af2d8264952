WITH head AS MATERIALIZED (
    SELECT s.version, s.first, s.deleted
    FROM {schema}.streams s
    WHERE s.tenant = $1 AND s.stream = $2
)
SELECT h.version, NULL::uuid, NULL::text, NULL::bigint, NULL::text, NULL::json, NULL::bytea, h.deleted
FROM head h
UNION ALL (
    SELECT e.version, e.event_id, e.event_type, e.schema_version, e.format, e.payload, e.payload_bytes, NULL
    FROM {schema}.events e
    WHERE e.tenant = $1 AND e.stream = $2 AND e.version >= (SELECT greatest($3, h.first) FROM head h)
        AND e.version <= $4
    ORDER BY e.tenant, e.stream, e.version
    LIMIT $5
)
