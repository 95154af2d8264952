ORDER BY stream LIMIT ?
