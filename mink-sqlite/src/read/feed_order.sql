ORDER BY e.position LIMIT ?
