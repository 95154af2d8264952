-- Commits a batch: every commit of it whole or not at all, each by itself, in one round trip.
--
-- Arrays named p_* have one element per append, in the order of commits; arrays named e_* one per event, in the order
-- of appends. p_commit numbers the commits from 1. p_expected is a version, or -1 for any, or -2 for one that exists.
-- o_status has one element per append, equal within a commit except for 1 and 2, which mark the append concerned:
--   0 written, 1 its version is not as expected, 2 held by another transaction, 3 recognised, 4 an event id is used,
--   5 not written because of another append of its commit, or of its key.
-- o_version is the version after the commit (0, 3), or the one found (1).
--
-- Arrays named k_* have one element per commit with an idempotency key; a batch without any leaves them out. o_key has
-- one for each of them too:
--   0 taken, or the commit failed for another reason, 2 another transaction is writing it, 3 the commit has no appends
--   and is recognised, 6 answered before: o_key_* say how, 7 held by a reservation until o_key_until, 8 the reservation
--   that the commit was to complete is gone.
--
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
    k_commit integer[] DEFAULT NULL,
    k_tenant text[] DEFAULT NULL,
    k_key bytea[] DEFAULT NULL,
    k_id uuid[] DEFAULT NULL,
    k_command text[] DEFAULT NULL,
    k_fingerprint bytea[] DEFAULT NULL,
    k_answer bytea[] DEFAULT NULL,
    k_keep bigint[] DEFAULT NULL,
    k_owner uuid[] DEFAULT NULL,
    OUT o_status integer[],
    OUT o_version bigint[],
    OUT o_reused uuid[],
    OUT o_key integer[],
    OUT o_key_command text[],
    OUT o_key_fingerprint bytea[],
    OUT o_key_answer bytea[],
    OUT o_key_at timestamptz[],
    OUT o_key_until timestamptz[]
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
    keys     CONSTANT integer := coalesce(cardinality(k_commit), 0);
    commits  CONSTANT integer := greatest(p_commit[appends], k_commit[keys]);
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
    any_there   boolean := false;
    -- Per key: whether it has a row, which the commit is to overwrite.
    there    boolean[];
    l_now    timestamptz;
    r record;
    c integer;
BEGIN
    o_status := array_fill(0, ARRAY[appends]);
    o_version := array_fill(NULL::bigint, ARRAY[appends]);
    o_reused := array_fill(NULL::uuid, ARRAY[appends]);

    -- One lock order for everybody: rows by name, then the names of streams that do not exist yet, by name, then keys
    -- by value, then their rows.
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

    IF keys > 0 THEN
        o_key := array_fill(0, ARRAY[keys]);
        o_key_command := array_fill(NULL::text, ARRAY[keys]);
        o_key_fingerprint := array_fill(NULL::bytea, ARRAY[keys]);
        o_key_answer := o_key_fingerprint;
        o_key_at := array_fill(NULL::timestamptz, ARRAY[keys]);
        o_key_until := o_key_at;
        there := array_fill(false, ARRAY[keys]);
        FOR r IN
            SELECT a.i, a.commit, {schema}.key_lock(a.tenant, a.key) AS key
            FROM unnest(k_commit, k_tenant, k_key) WITH ORDINALITY AS a (commit, tenant, key, i)
            ORDER BY a.tenant COLLATE "C", a.key
        LOOP
            IF state[r.commit] = 2 THEN
                CONTINUE;
            ELSIF p_wait THEN
                PERFORM pg_advisory_xact_lock(r.key);
            ELSIF NOT pg_try_advisory_xact_lock(r.key) THEN
                o_key[r.i] := 2;
                state[r.commit] := 2;
            END IF;
        END LOOP;
    END IF;

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

    IF keys > 0 THEN
        -- The clock as it is now, not as the transaction began: what was waited for counts.
        l_now := clock_timestamp();
        FOR r IN
            SELECT a.i, a.commit, a.id, a.owner AS mine, k.commit_id, k.owner, k.until > l_now AS lasts,
                   k.command, k.fingerprint, k.answer, k.recorded_at, k.until
            FROM unnest(k_commit, k_tenant, k_key, k_id, k_owner) WITH ORDINALITY
                 AS a (commit, tenant, key, id, owner, i)
            LEFT JOIN {schema}.keys k ON k.tenant = a.tenant AND k.key = a.key
        LOOP
            c := r.commit;
            IF state[c] IN (2, 3) THEN
                CONTINUE;
            ELSIF r.lasts AND r.commit_id IS NOT NULL THEN
                IF total[c] = 0 AND r.commit_id = r.id THEN
                    o_key[r.i] := 3;
                ELSE
                    o_key[r.i] := 6;
                    o_key_command[r.i] := r.command;
                    o_key_fingerprint[r.i] := r.fingerprint;
                    o_key_answer[r.i] := r.answer;
                    o_key_at[r.i] := r.recorded_at;
                    o_key_until[r.i] := r.until;
                END IF;
                state[c] := o_key[r.i];
            ELSIF r.mine IS NULL AND r.owner IS NOT NULL AND r.lasts THEN
                o_key[r.i] := 7;
                o_key_until[r.i] := r.until;
                state[c] := 7;
            ELSIF r.mine IS NOT NULL AND r.owner IS DISTINCT FROM r.mine THEN
                o_key[r.i] := 8;
                state[c] := 8;
            ELSIF state[c] = 0 AND r.until IS NOT NULL THEN
                there[r.i] := true;
                any_there := true;
            END IF;
        END LOOP;
    END IF;
    -- Who releases a reservation or sweeps what is over takes the row and not the key's lock.
    IF any_there THEN
        IF p_wait THEN
            FOR r IN
                SELECT a.i
                FROM unnest(k_tenant, k_key, there) WITH ORDINALITY AS a (tenant, key, there, i)
                JOIN {schema}.keys k ON k.tenant = a.tenant AND k.key = a.key
                WHERE a.there
                ORDER BY k.tenant, k.key
                FOR UPDATE OF k
            LOOP
                there[r.i] := false;
            END LOOP;
        ELSE
            FOR r IN
                SELECT a.i
                FROM unnest(k_tenant, k_key, there) WITH ORDINALITY AS a (tenant, key, there, i)
                JOIN {schema}.keys k ON k.tenant = a.tenant AND k.key = a.key
                WHERE a.there
                ORDER BY k.tenant, k.key
                FOR UPDATE OF k SKIP LOCKED
            LOOP
                there[r.i] := false;
            END LOOP;
        END IF;
        FOR i IN 1 .. keys LOOP
            IF there[i] AND NOT p_wait THEN
                o_key[i] := 2;
                state[k_commit[i]] := 2;
            ELSIF there[i] AND k_owner[i] IS NOT NULL THEN
                o_key[i] := 8;
                state[k_commit[i]] := 8;
            END IF;
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
    IF keys > 0 THEN
        INSERT INTO {schema}.keys AS k (
            tenant, key, command, fingerprint, owner, commit_id, answer, recorded_at, until)
        SELECT a.tenant, a.key, a.command, a.fingerprint, NULL, a.id, a.answer, l_now, {schema}.key_until(l_now, a.keep)
        FROM unnest(k_commit, k_tenant, k_key, k_command, k_fingerprint, k_id, k_answer, k_keep)
             AS a (commit, tenant, key, command, fingerprint, id, answer, keep)
        WHERE state[a.commit] = 0
        ON CONFLICT (tenant, key) DO UPDATE
        SET command = excluded.command, fingerprint = excluded.fingerprint, owner = NULL,
            commit_id = excluded.commit_id, answer = excluded.answer, recorded_at = excluded.recorded_at,
            until = excluded.until;
    END IF;
END
$function$;
