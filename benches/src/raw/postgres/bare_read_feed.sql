SELECT id, payload FROM bare WHERE id > $1 ORDER BY id LIMIT 1000
