-- A row with the stream's marks and the snapshot's columns, which are null when none counts, and then the events.
WITH head AS MATERIALIZED (
    SELECT s.version, s.first, s.truncated, s.deleted, p.version AS taken, p.format, p.payload, p.taken_at
    FROM {schema}.streams s
    LEFT JOIN {schema}.snapshots p
        ON p.tenant = s.tenant AND p.stream = s.stream AND p.fingerprint = $6
        AND p.version >= greatest($3, s.first) - 1 AND p.version <= least($4, s.version)
    WHERE s.tenant = $1 AND s.stream = $2
)
SELECT h.version, h.first, h.truncated, h.deleted, h.taken, NULL::uuid, NULL::text, NULL::bigint, h.format,
       NULL::json, h.payload, NULL::json, h.taken_at
FROM head h
UNION ALL (
    SELECT NULL, NULL, NULL, NULL, e.version, e.event_id, e.event_type, e.schema_version, e.format,
           e.payload, e.payload_bytes, e.metadata, e.recorded_at
    FROM {schema}.events e
    WHERE e.tenant = $1 AND e.stream = $2 AND e.version <= $4
        AND e.version >= (SELECT greatest($3, h.first, h.taken + 1) FROM head h)
    ORDER BY e.tenant, e.stream, e.version
    LIMIT $5
)
