DELETE FROM mink_keys
WHERE (tenant, key) IN (SELECT tenant, key FROM mink_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
