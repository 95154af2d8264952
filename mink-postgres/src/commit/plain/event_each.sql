WITH held AS (
    SELECT s.ctid AS place, a.*
    FROM unnest(
        $1::text[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[], $8::bigint[],
        $9::text[]
    ) AS a (tenant, stream, version, metadata, at, id, type, schema, payload)
    JOIN {schema}.streams s ON s.tenant = a.tenant AND s.stream = a.stream
    WHERE s.version = a.version AND NOT s.deleted
    FOR NO KEY UPDATE OF s SKIP LOCKED
), grown AS (
    UPDATE {schema}.streams s
    SET version = held.version + 1
    FROM held
    WHERE s.ctid = held.place
    RETURNING held.*
)
INSERT INTO {schema}.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT tenant, stream, version + 1, id, type, schema, 'json', payload::json, metadata::json, at
FROM grown
RETURNING event_id
