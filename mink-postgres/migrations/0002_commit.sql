-- Commits a batch: every commit of it whole or not at all, each by itself, in one round trip.
--
-- Arrays named p_* have one element per append, in the order of commits; arrays named e_* one per event, in the order
-- of appends. p_commit numbers the commits from 1. p_expected is a version, or -1 for any, or -2 for one that exists.
-- o_status has one element per append, equal within a commit except for 1 and 2, which mark the append concerned:
--   0 written, 1 its version is not as expected, 2 held by another transaction, 3 recognised, 4 an event id is used,
--   5 not written because of another append of its commit.
-- o_version is the version after the commit (0, 3), or the one found (1).
-- p_wait waits for streams that others hold. p_probe looks up every event id first.
CREATE FUNCTION {schema}.commit_batch(
    p_wait boolean,
    p_probe boolean,
    p_commit integer[],
    p_tenant text[],
    p_stream text[],
    p_expected bigint[],
    p_first integer[],
    p_count integer[],
    e_append integer[],
    e_id uuid[],
    e_type text[],
    e_schema bigint[],
    e_format text[],
    e_payload text[],
    e_bytes bytea[],
    e_metadata text[],
    e_at timestamptz[],
    OUT o_status integer[],
    OUT o_version bigint[],
    OUT o_reused uuid[]
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $function$
DECLARE
    appends  CONSTANT integer := cardinality(p_stream);
    commits  CONSTANT integer := p_commit[appends];
    -- Per append.
    base     bigint[] := array_fill(NULL::bigint, ARRAY[appends]);
    seen     bigint[] := array_fill(0::bigint, ARRAY[appends]);
    missing  boolean[] := array_fill(false, ARRAY[appends]);
    creates  boolean[] := array_fill(false, ARRAY[appends]);
    grows    boolean[] := array_fill(false, ARRAY[appends]);
    -- Per commit.
    state    integer[] := array_fill(0, ARRAY[commits]);
    loose    boolean[] := array_fill(false, ARRAY[commits]);
    suspect  boolean[] := array_fill(p_probe, ARRAY[commits]);
    total    integer[] := array_fill(0, ARRAY[commits]);
    found    integer[] := array_fill(0, ARRAY[commits]);
    reused   uuid[] := array_fill(NULL::uuid, ARRAY[commits]);
    moved    boolean[] := array_fill(false, ARRAY[commits]);
    any_loose   boolean := false;
    any_suspect boolean := p_probe;
    any_creates boolean := false;
    any_grows   boolean := false;
    r record;
    c integer;
BEGIN
    o_status := array_fill(0, ARRAY[appends]);
    o_version := array_fill(NULL::bigint, ARRAY[appends]);
    o_reused := array_fill(NULL::uuid, ARRAY[appends]);

    -- One lock order for everybody: rows by name, then the names of streams that do not exist yet, by name.
    IF p_wait THEN
        FOR r IN
            SELECT a.i, s.version
            FROM unnest(p_tenant, p_stream) WITH ORDINALITY AS a (tenant, stream, i)
            JOIN {schema}.streams s ON s.tenant = a.tenant AND s.stream = a.stream
            ORDER BY s.tenant, s.stream
            FOR UPDATE OF s
        LOOP
            base[r.i] := r.version;
        END LOOP;
    ELSE
        FOR r IN
            SELECT a.i, s.version
            FROM unnest(p_tenant, p_stream) WITH ORDINALITY AS a (tenant, stream, i)
            JOIN {schema}.streams s ON s.tenant = a.tenant AND s.stream = a.stream
            ORDER BY s.tenant, s.stream
            FOR UPDATE OF s SKIP LOCKED
        LOOP
            base[r.i] := r.version;
        END LOOP;
    END IF;

    IF array_position(base, NULL) IS NOT NULL THEN
        FOR r IN
            SELECT a.i, hashtextextended(
                       '{schema}' || chr(1) || a.tenant || chr(1) || a.stream, 0) AS key
            FROM unnest(p_tenant, p_stream, base) WITH ORDINALITY AS a (tenant, stream, version, i)
            WHERE a.version IS NULL
            ORDER BY a.tenant COLLATE "C", a.stream COLLATE "C"
        LOOP
            IF p_wait THEN
                PERFORM pg_advisory_xact_lock(r.key);
                missing[r.i] := true;
            ELSIF pg_try_advisory_xact_lock(r.key) THEN
                missing[r.i] := true;
            ELSE
                o_status[r.i] := 2;
            END IF;
        END LOOP;
        -- A statement of its own sees what whoever held the name has made of it.
        IF p_wait THEN
            FOR r IN
                SELECT a.i, s.version
                FROM unnest(p_tenant, p_stream, missing) WITH ORDINALITY AS a (tenant, stream, missing, i)
                JOIN {schema}.streams s ON s.tenant = a.tenant AND s.stream = a.stream
                WHERE a.missing
                ORDER BY s.tenant, s.stream
                FOR UPDATE OF s
            LOOP
                base[r.i] := r.version;
            END LOOP;
        ELSE
            FOR r IN
                SELECT a.i
                FROM unnest(p_tenant, p_stream, missing) WITH ORDINALITY AS a (tenant, stream, missing, i)
                JOIN {schema}.streams s ON s.tenant = a.tenant AND s.stream = a.stream
                WHERE a.missing
            LOOP
                o_status[r.i] := 2;
            END LOOP;
        END IF;
    END IF;

    FOR i IN 1 .. appends LOOP
        c := p_commit[i];
        total[c] := total[c] + p_count[i];
        IF o_status[i] = 2 THEN
            state[c] := 2;
            CONTINUE;
        END IF;
        base[i] := coalesce(base[i], 0);
        IF p_expected[i] < 0 THEN
            loose[c] := true;
            any_loose := true;
        END IF;
        IF p_expected[i] >= 0 AND base[i] <> p_expected[i] OR p_expected[i] = -2 AND base[i] = 0 THEN
            o_status[i] := 1;
            IF state[c] = 0 THEN
                state[c] := 1;
            END IF;
            suspect[c] := true;
            any_suspect := true;
        END IF;
    END LOOP;

    -- A version that held says that the events are new, unless it was not asked for. Then one id tells: a
    -- commit is stored whole or not at all.
    IF any_loose AND NOT p_probe THEN
        FOR r IN
            SELECT p_commit[a.i] AS commit
            FROM unnest(p_tenant, p_first) WITH ORDINALITY AS a (tenant, first, i)
            CROSS JOIN LATERAL (
                SELECT FROM {schema}.events x WHERE x.tenant = a.tenant AND x.event_id = e_id[a.first]
            ) known
            WHERE loose[p_commit[a.i]] AND NOT suspect[p_commit[a.i]] AND state[p_commit[a.i]] = 0
        LOOP
            suspect[r.commit] := true;
            any_suspect := true;
        END LOOP;
    END IF;

    IF any_suspect THEN
        FOR r IN
            SELECT e.append, e.id, known.stream, known.version
            FROM unnest(e_append, e_id) WITH ORDINALITY AS e (append, id, n)
            CROSS JOIN LATERAL (
                SELECT x.stream, x.version
                FROM {schema}.events x
                WHERE x.tenant = p_tenant[e.append] AND x.event_id = e.id
            ) known
            WHERE suspect[p_commit[e.append]]
            ORDER BY e.n
        LOOP
            c := p_commit[r.append];
            found[c] := found[c] + 1;
            IF r.stream COLLATE "C" <> p_stream[r.append] COLLATE "C" THEN
                IF NOT moved[c] THEN
                    reused[c] := r.id;
                END IF;
                moved[c] := true;
            ELSE
                reused[c] := coalesce(reused[c], r.id);
                seen[r.append] := greatest(seen[r.append], r.version);
            END IF;
        END LOOP;
        FOR c IN 1 .. commits LOOP
            IF state[c] = 2 OR found[c] = 0 THEN
                CONTINUE;
            END IF;
            state[c] := CASE WHEN moved[c] OR found[c] < total[c] THEN 4 ELSE 3 END;
        END LOOP;
    END IF;

    FOR i IN 1 .. appends LOOP
        c := p_commit[i];
        IF state[c] = 0 THEN
            IF base[i] = 0 THEN
                creates[i] := true;
                any_creates := true;
            ELSE
                grows[i] := true;
                any_grows := true;
            END IF;
            o_version[i] := base[i] + p_count[i];
        ELSIF state[c] = 3 THEN
            o_status[i] := 3;
            o_version[i] := seen[i];
        ELSIF state[c] = 4 THEN
            o_status[i] := 4;
            o_reused[i] := reused[c];
        ELSE
            o_version[i] := base[i];
            IF o_status[i] <> state[c] THEN
                o_status[i] := 5;
            END IF;
        END IF;
    END LOOP;

    IF any_grows THEN
        UPDATE {schema}.streams s
        SET version = a.version
        FROM unnest(p_tenant, p_stream, o_version, grows) AS a (tenant, stream, version, grows)
        WHERE a.grows AND s.tenant = a.tenant AND s.stream = a.stream;
    END IF;
    IF any_creates THEN
        INSERT INTO {schema}.streams (tenant, stream, category, version)
        SELECT a.tenant, a.stream, split_part(a.stream, '-', 1), a.version
        FROM unnest(p_tenant, p_stream, o_version, creates) AS a (tenant, stream, version, creates)
        WHERE a.creates;
    END IF;
    IF any_grows OR any_creates THEN
        INSERT INTO {schema}.events (
            tenant, stream, version, event_id, event_type, schema_version, format, payload, payload_bytes,
            metadata, recorded_at)
        SELECT p_tenant[e.append], p_stream[e.append], base[e.append] + e.n - p_first[e.append] + 1,
               e.id, e.type, e.schema, e.format, e.payload::json, e.bytes, e.metadata::json, e.at
        FROM unnest(e_append, e_id, e_type, e_schema, e_format, e_payload, e_bytes, e_metadata, e_at)
             WITH ORDINALITY
             AS e (append, id, type, schema, format, payload, bytes, metadata, at, n)
        WHERE state[p_commit[e.append]] = 0
        ORDER BY e.n;
    END IF;
END
$function$;
