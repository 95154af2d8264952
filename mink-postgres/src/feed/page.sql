SELECT h.head, p.position, p.tenant, p.stream, p.version, p.event_id, p.event_type, p.schema_version, p.format,
       p.payload, p.payload_bytes, p.metadata, p.recorded_at
FROM (SELECT t.last_position AS head FROM {schema}.ticks t ORDER BY t.tick DESC LIMIT 1) h
LEFT JOIN LATERAL (
    SELECT f.position, f.tenant, f.stream, e.version, e.event_id, e.event_type, e.schema_version, e.format,
           e.payload, e.payload_bytes, e.metadata, e.recorded_at
    FROM (
        SELECT g.position, g.tenant, g.stream, g.version
        FROM {schema}.feed g
        WHERE g.position > $1 AND g.position <= $2
            AND ($3::text IS NULL OR g.tenant = $3)
            AND ($4::text[] IS NULL OR g.event_type = ANY ($4))
            AND ($5::text[] IS NULL OR g.stream = ANY ($5))
            AND ($6::text[] IS NULL OR g.category = ANY ($6))
        ORDER BY g.position
        LIMIT $7
    ) f
    LEFT JOIN {schema}.events e ON e.tenant = f.tenant AND e.stream = f.stream AND e.version = f.version
) p ON true
