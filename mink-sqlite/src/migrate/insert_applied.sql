INSERT INTO mink_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)
