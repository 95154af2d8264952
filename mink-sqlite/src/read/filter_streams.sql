    AND +e.stream IN (SELECT value FROM json_each(?))
