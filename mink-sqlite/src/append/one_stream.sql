BEGIN IMMEDIATE;
INSERT INTO mink_streams (tenant, stream, category, version)
VALUES (?1, ?2, ?3, (SELECT ?5 WHERE ?4 = coalesce((SELECT iif(deleted, -1, version) FROM mink_streams WHERE tenant = ?1 AND stream = ?2), 0)))
ON CONFLICT (tenant, stream) DO UPDATE SET version = excluded.version;
INSERT INTO mink_events
    (position, tenant, stream, version, event_id, event_type, schema_version, category, recorded_at, format, metadata, payload)
VALUES
(NULL, ?1, ?2, ?4 + {n}, ?{id}, ?{type}, ?{schema}, ?3, ?6, ?{format}, ?7, ?{payload})
;
COMMIT
