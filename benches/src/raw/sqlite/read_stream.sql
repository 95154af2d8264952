SELECT version, event_type, schema_version, payload
FROM mink_events
WHERE tenant = '' AND stream = ?
ORDER BY version
