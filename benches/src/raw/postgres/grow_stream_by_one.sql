WITH stream AS (
    UPDATE mink.streams
    SET version = $3 + 1
    WHERE tenant = '' AND stream = $1 AND category = $2 AND version = $3
    RETURNING version
)
INSERT INTO mink.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT '', $1, stream.version, $6, 'LineAdded', 1, 'json', $7::text::json, $4::text::json, $5
FROM stream
