SELECT q.i, s.version AS head, s.first, s.truncated, s.deleted, e.version, e.event_id, e.event_type,
       e.schema_version, e.format, e.payload, e.payload_bytes, e.metadata, e.recorded_at
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[], $6::bigint[])
     WITH ORDINALITY AS q (tenant, stream, first, last, backwards, page, i)
JOIN {schema}.streams s ON s.tenant = q.tenant AND s.stream = q.stream
LEFT JOIN LATERAL (
    (
        SELECT *
        FROM {schema}.events x
        WHERE NOT q.backwards
            AND x.tenant = s.tenant AND x.stream = s.stream AND x.version >= greatest(q.first, s.first)
            AND x.version <= q.last
        ORDER BY x.tenant, x.stream, x.version
        LIMIT q.page
    )
    UNION ALL
    (
        SELECT *
        FROM {schema}.events x
        WHERE q.backwards
            AND x.tenant = s.tenant AND x.stream = s.stream AND x.version >= greatest(q.first, s.first)
            AND x.version <= q.last
        ORDER BY x.tenant DESC, x.stream DESC, x.version DESC
        LIMIT q.page
    )
) e ON true
