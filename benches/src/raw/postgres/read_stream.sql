SELECT version, event_type, schema_version, payload
FROM mink.events
WHERE tenant = '' AND stream = $1
ORDER BY version
