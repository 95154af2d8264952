UPDATE {schema}.events e
SET format = r.format, payload = r.payload::json, payload_bytes = r.bytes, metadata = r.metadata::json
FROM unnest($3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::timestamptz[], $8::text[], $9::text[], $10::bytea[],
            $11::text[])
     AS r (version, id, type, schema, at, format, payload, bytes, metadata)
WHERE e.tenant = $1 AND e.stream = $2 AND e.version = r.version AND e.format = 'archived'
    AND e.event_id = r.id AND e.event_type = r.type AND e.schema_version = r.schema AND e.recorded_at = r.at
RETURNING e.version
