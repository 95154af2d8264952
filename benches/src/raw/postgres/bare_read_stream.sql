SELECT payload FROM bare ORDER BY id LIMIT $1
