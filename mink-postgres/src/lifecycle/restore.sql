-- The events' versions follow each other from $3 on. The arrays are looked into by version and not joined: a join that is
-- planned while the table is small compares every event with every row.
UPDATE {schema}.events e
SET format = ($8::text[])[e.version - $3 + 1],
    payload = ($9::text[])[e.version - $3 + 1]::json,
    payload_bytes = ($10::bytea[])[e.version - $3 + 1],
    metadata = ($11::text[])[e.version - $3 + 1]::json
WHERE e.tenant = $1 AND e.stream = $2 AND e.version >= $3 AND e.version < $3 + cardinality($4::uuid[])
    AND e.format = 'archived'
    AND e.event_id = ($4::uuid[])[e.version - $3 + 1]
    AND e.event_type = ($5::text[])[e.version - $3 + 1]
    AND e.schema_version = ($6::bigint[])[e.version - $3 + 1]
    AND e.recorded_at = ($7::timestamptz[])[e.version - $3 + 1]
RETURNING e.version
