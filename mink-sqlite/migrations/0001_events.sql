-- Every event of every tenant, in the order of the global feed.
--
-- `position` is the rowid: the feed is the table's own order, and a page of it is one range of pages on disk.
-- No index serves types or categories: the feed is searched in bounded windows, and an index more would cost
-- every append a write to save a catching-up reader a scan.
-- `payload` comes last, so that a filter never touches the overflow pages of a large one.
-- It is TEXT when `format` is `json`, so that SQLite's JSON functions work on it, else BLOB.
CREATE TABLE mink_events (
    position       INTEGER PRIMARY KEY,
    tenant         TEXT    NOT NULL,
    stream         TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    event_id       BLOB    NOT NULL,
    event_type     TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    category       TEXT    NOT NULL,
    -- microseconds since 1970-01-01 UTC
    recorded_at    INTEGER NOT NULL,
    format         TEXT    NOT NULL,
    metadata       TEXT    NOT NULL,
    payload        ANY     NOT NULL,
    UNIQUE (tenant, stream, version),
    UNIQUE (tenant, event_id)
) STRICT;

-- The version of every stream: what a commit decides by, in one lookup.
--
-- Events before `first` are stubs: their `format` is `truncated` (up to the version `truncated`) or `archived`, and they
-- have neither payload nor metadata.
CREATE TABLE mink_streams (
    tenant    TEXT    NOT NULL,
    stream    TEXT    NOT NULL,
    category  TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    first     INTEGER NOT NULL DEFAULT 1,
    truncated INTEGER NOT NULL DEFAULT 0,
    deleted   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, stream)
) STRICT, WITHOUT ROWID;
