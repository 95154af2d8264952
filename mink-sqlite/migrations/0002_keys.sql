-- Idempotency keys: free (no row), reserved by an owner (no answer), or answered by a commit.
--
-- Times are microseconds since 1970-01-01 UTC by the clock of the process that wrote them. Processes that share the file
-- are on one machine, and so share the clock. At the instant `expires_at` a row is over, whether it was swept or not.
CREATE TABLE mink_keys (
    tenant      TEXT    NOT NULL,
    -- SHA-256 of the key's text
    key         BLOB    NOT NULL,
    command     TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    recorded_at INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    owner       BLOB,
    commit_id   BLOB,
    answer      BLOB,
    PRIMARY KEY (tenant, key),
    CHECK ((owner IS NULL) = (answer IS NOT NULL) AND (commit_id IS NULL) = (answer IS NULL))
) STRICT, WITHOUT ROWID;

-- For sweeping.
CREATE INDEX mink_keys_by_expiry ON mink_keys (expires_at);
