INSERT INTO mink_events
    (position, tenant, stream, version, event_id, event_type, schema_version, category, recorded_at, format, metadata, payload)
VALUES
(...);
