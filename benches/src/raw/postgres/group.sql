WITH given AS (
    SELECT * FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[])
        AS given (stream, expected, id, payload, metadata, at)
), grown AS (
    UPDATE mink.streams s
    SET version = given.expected + 1
    FROM given
    WHERE given.expected > 0 AND s.tenant = '' AND s.stream = given.stream AND s.version = given.expected
    RETURNING s.stream
), created AS (
    INSERT INTO mink.streams (tenant, stream, category, version)
    SELECT '', stream, $1, 1 FROM given WHERE expected = 0
    ON CONFLICT (tenant, stream) DO NOTHING
    RETURNING stream
)
INSERT INTO mink.events (
    tenant, stream, version, event_id, event_type, schema_version, format, payload, metadata, recorded_at)
SELECT '', given.stream, given.expected + 1, given.id, 'LineAdded', 1, 'json', given.payload::json, given.metadata::json, given.at
FROM given
JOIN (SELECT stream FROM grown UNION ALL SELECT stream FROM created) held USING (stream)
