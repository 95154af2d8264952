SELECT max(version) FROM mink_migrations
