WITH head AS MATERIALIZED (
    SELECT s.version, s.first, s.deleted, s.truncated < s.first - 1 AS archived
    FROM {schema}.streams s
    WHERE s.tenant = $1 AND s.stream = $2
)
-- Its own row says in an event's columns where it begins, and whether what came before is archived.
SELECT h.version, NULL::uuid, CASE WHEN h.archived THEN 'archived' END, h.first, NULL::text, NULL::json, NULL::bytea, h.deleted
FROM head h
UNION ALL (
    SELECT e.version, e.event_id, e.event_type, e.schema_version, e.format, e.payload, e.payload_bytes, NULL
    FROM {schema}.events e
    WHERE e.tenant = $1 AND e.stream = $2 AND e.version >= (SELECT CASE WHEN NOT (h.archived AND $3 < h.first) THEN greatest($3, h.first) END FROM head h)
        AND e.version <= $4
    ORDER BY e.tenant, e.stream, e.version
    LIMIT $5
)
