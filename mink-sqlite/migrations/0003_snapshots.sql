-- At most one state per stream, as of one of its versions. A cache: deleting all of it changes no answer.
CREATE TABLE mink_snapshots (
    tenant      TEXT    NOT NULL,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    fingerprint BLOB    NOT NULL,
    format      TEXT    NOT NULL,
    -- microseconds since 1970-01-01 UTC, by the taker's clock
    taken_at    INTEGER NOT NULL,
    payload     BLOB    NOT NULL,
    PRIMARY KEY (tenant, stream)
) STRICT;
