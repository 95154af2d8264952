WITH stream AS (
    UPDATE mink.streams
    SET version = $3 + cardinality($6::uuid[])
    WHERE tenant = '' AND stream = $1 AND category = $2 AND version = $3
    RETURNING version
)
INSERT INTO mink.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT '', $1, $3 + e.n, e.id, 'LineAdded', 1, 'json', e.payload::json, $4::json, $5
FROM stream, unnest($6::uuid[], $7::text[]) WITH ORDINALITY AS e (id, payload, n)
