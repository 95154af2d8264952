WITH stream AS (
    INSERT INTO mink.streams (tenant, stream, category, version)
    VALUES ('', $1, $2, $3 + cardinality($6::uuid[]))
    ON CONFLICT (tenant, stream) DO NOTHING
    RETURNING version
)
INSERT INTO mink.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT '', $1, $3 + e.n, e.id, 'LineAdded', 1, 'json', e.payload::json, $4::json, $5
FROM stream, unnest($6::uuid[], $7::text[]) WITH ORDINALITY AS e (id, payload, n)
