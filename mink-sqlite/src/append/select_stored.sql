SELECT event_id, stream, version FROM mink_events WHERE tenant = ? AND event_id IN (SELECT unhex(value) FROM json_each(?))
