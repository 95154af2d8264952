WITH grown AS (
    UPDATE {schema}.streams s
    SET version = $3 + 1
    WHERE s.ctid = (
        SELECT held.ctid
        FROM {schema}.streams held
        WHERE held.tenant = $1 AND held.stream = $2 AND held.version = $3 AND NOT held.deleted
        FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING s.version
)
INSERT INTO {schema}.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT $1, $2, grown.version, $6, $7, $8, 'json', $9::text::json, $4::text::json, $5
FROM grown
