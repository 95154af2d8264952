    AND +e.event_type IN (SELECT value FROM json_each(?))
