-- At most one state per stream. Whether the stream exists is not asked.
CREATE TABLE {schema}.snapshots (
    tenant      text COLLATE "C" NOT NULL,
    stream      text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    fingerprint bytea NOT NULL,
    format      text COLLATE "C" NOT NULL,
    payload     bytea NOT NULL,
    taken_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream)
);
