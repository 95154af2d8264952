    AND +e.category IN (SELECT value FROM json_each(?))
