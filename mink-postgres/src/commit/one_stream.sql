WITH held AS (
    SELECT s.version
    FROM {schema}.streams s
    WHERE s.tenant = $1 AND s.stream = $2 AND s.version = $3
    FOR UPDATE SKIP LOCKED
), grown AS (
    UPDATE {schema}.streams s
    SET version = $3 + cardinality($6::uuid[])
    FROM held
    WHERE s.tenant = $1 AND s.stream = $2
    RETURNING s.version
)
INSERT INTO {schema}.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT $1, $2, $3 + e.n, e.id, e.type, e.schema, 'json', e.payload::json, $4::json, $5
FROM grown, unnest($6::uuid[], $7::text[], $8::bigint[], $9::text[]) WITH ORDINALITY AS e (id, type, schema, payload, n)
ORDER BY e.n
