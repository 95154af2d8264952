WITH grown AS (
    UPDATE {schema}.streams s
    SET version = $3 + cardinality($6::uuid[])
    WHERE s.ctid = (
        SELECT held.ctid
        FROM {schema}.streams held
        WHERE held.tenant = $1 AND held.stream = $2 AND held.version = $3 AND NOT held.deleted
        FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING s.version
)
INSERT INTO {schema}.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT $1, $2, $3 + e.n, e.id, e.type, e.schema, 'json', e.payload::json, $4::json, $5
FROM grown, unnest($6::uuid[], $7::text[], $8::bigint[], $9::text[]) WITH ORDINALITY AS e (id, type, schema, payload, n)
ORDER BY e.n
