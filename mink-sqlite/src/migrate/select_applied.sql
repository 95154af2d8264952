SELECT version, checksum FROM mink_migrations ORDER BY version
