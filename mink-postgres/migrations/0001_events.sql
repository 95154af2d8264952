-- Checks and generated columns are parsed anew for every statement that writes: a twentieth of what a commit costs. The
-- function that commits is the only writer, so the tables have none.
CREATE TABLE {schema}.streams (
    tenant   text COLLATE "C" NOT NULL,
    stream   text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    -- The version of the stream's last event.
    version  bigint NOT NULL,
    -- The lowest version that can be read. Those below it are stubs: without payload, and their format says why.
    first    bigint NOT NULL DEFAULT 1,
    -- Stubs up to this version are truncated, those above it archived.
    truncated bigint NOT NULL DEFAULT 0,
    deleted  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, stream)
) WITH (fillfactor = 70);

CREATE TABLE {schema}.events (
    -- The order in which rows were made. Taken before the row's transaction commits: not an order to read by.
    ord            bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    -- The top-level transaction that wrote the row. Stays what it was when the row is changed in place.
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    tenant         text COLLATE "C" NOT NULL,
    stream         text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    event_id       uuid NOT NULL,
    event_type     text COLLATE "C" NOT NULL,
    schema_version bigint NOT NULL,
    format         text COLLATE "C" NOT NULL,
    payload        json,
    payload_bytes  bytea,
    metadata       json NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, stream, version),
    -- The id comes first: an index that begins with the tenant looks as good as the primary key to a plan that is made
    -- while the table is empty and then kept, and each look-up would read all events of the tenant.
    UNIQUE (event_id, tenant)
);

CREATE INDEX events_xid ON {schema}.events (xid);

-- The global feed: each event's final place, with what filters ask for.
CREATE TABLE {schema}.feed (
    position   bigint PRIMARY KEY,
    ord        bigint NOT NULL UNIQUE,
    tenant     text COLLATE "C" NOT NULL,
    stream     text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    category   text COLLATE "C" NOT NULL
);

-- One row that is locked by whoever stamps positions, and never changed.
CREATE TABLE {schema}.sequencer (
    single boolean PRIMARY KEY CHECK (single)
);

INSERT INTO {schema}.sequencer VALUES (true);

-- What the sequencer knew after each of its last turns. Rows are added and pruned, never updated: a row updated in
-- place would grow a chain of versions behind a long transaction, and every turn would have to walk it.
CREATE TABLE {schema}.ticks (
    tick          bigint PRIMARY KEY,
    last_position bigint NOT NULL,
    snapshot      pg_snapshot NOT NULL,
    -- Which server's transaction ids the snapshot speaks of.
    cluster       bigint,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO {schema}.ticks (tick, last_position, snapshot, cluster)
SELECT 0, 0, pg_current_snapshot(), system_identifier FROM pg_control_system();
