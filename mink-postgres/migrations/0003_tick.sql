-- Gives every event that has become visible its place in the feed. Answers whether it had its turn, how many events
-- were stamped, and the newest position.
--
-- The lock is taken in one statement and the snapshot in a later one: in one statement, two sequencers that race
-- would work from the same view and stamp twice.
-- p_wait waits for another sequencer's turn to end. p_all looks at every event instead of those that the last
-- snapshot did not show: for a server whose transaction ids are not those the last snapshot speaks of.
CREATE FUNCTION {schema}.tick(
    p_wait boolean,
    p_all boolean,
    p_channel text,
    OUT o_turn boolean,
    OUT o_stamped bigint,
    OUT o_head bigint
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $function$
DECLARE
    last     record;
    l_xmax   xid8;
    l_xip    xid8[];
    backward boolean;
    seen     pg_snapshot;
BEGIN
    o_turn := true;
    o_stamped := 0;

    -- Without a lock, an idle turn writes nothing and takes no transaction id.
    SELECT t.tick, t.last_position, t.snapshot, t.cluster, t.recorded_at INTO STRICT last
    FROM {schema}.ticks t ORDER BY t.tick DESC LIMIT 1;
    o_head := last.last_position;
    l_xmax := pg_snapshot_xmax(last.snapshot);
    l_xip := ARRAY(SELECT pg_snapshot_xip(last.snapshot));
    seen := pg_current_snapshot();
    backward := p_all OR pg_snapshot_xmax(seen) < l_xmax;
    IF NOT backward
        AND NOT EXISTS (
            SELECT FROM {schema}.events e
            WHERE e.xid >= l_xmax AND e.xid < pg_snapshot_xmax(pg_current_snapshot()))
        AND NOT EXISTS (
            SELECT FROM unnest(l_xip) AS was (xid)
            JOIN {schema}.events e ON e.xid = was.xid
            WHERE pg_visible_in_snapshot(was.xid, pg_current_snapshot()))
        -- A transaction that began since the last turn and goes on may write much: what it wrote is passed over
        -- once, and then its id is in the list.
        AND NOT (
            last.recorded_at < clock_timestamp() - interval '200 milliseconds'
            AND EXISTS (SELECT FROM pg_snapshot_xip(seen) AS now (xid) WHERE now.xid >= l_xmax))
    THEN
        RETURN;
    END IF;

    IF p_wait THEN
        PERFORM FROM {schema}.sequencer FOR UPDATE;
    ELSE
        PERFORM FROM {schema}.sequencer FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            o_turn := false;
            RETURN;
        END IF;
    END IF;

    SELECT t.tick, t.last_position, t.snapshot, t.cluster, t.recorded_at INTO STRICT last
    FROM {schema}.ticks t ORDER BY t.tick DESC LIMIT 1;
    l_xmax := pg_snapshot_xmax(last.snapshot);
    l_xip := ARRAY(SELECT pg_snapshot_xip(last.snapshot));
    -- Ids only grow on one server: a smaller one is seen after a restore or a failover.
    backward := p_all OR pg_snapshot_xmax(pg_current_snapshot()) < l_xmax;

    IF backward THEN
        WITH stamped AS (
            INSERT INTO {schema}.feed (position, ord, tenant, stream, version, event_type, category)
            SELECT last.last_position + row_number() OVER (ORDER BY e.ord),
                   e.ord, e.tenant, e.stream, e.version, e.event_type, split_part(e.stream, '-', 1)
            FROM {schema}.events e
            WHERE NOT EXISTS (SELECT FROM {schema}.feed f WHERE f.ord = e.ord)
            RETURNING 1)
        SELECT count(*), pg_current_snapshot() INTO o_stamped, seen FROM stamped;
    ELSE
        WITH fresh AS (
            SELECT e.ord, e.tenant, e.stream, e.version, e.event_type
            FROM {schema}.events e
            WHERE e.xid >= l_xmax AND e.xid < pg_snapshot_xmax(pg_current_snapshot())
            UNION ALL
            SELECT e.ord, e.tenant, e.stream, e.version, e.event_type
            FROM unnest(l_xip) AS was (xid)
            JOIN {schema}.events e ON e.xid = was.xid
            WHERE pg_visible_in_snapshot(was.xid, pg_current_snapshot())
        ), stamped AS (
            INSERT INTO {schema}.feed (position, ord, tenant, stream, version, event_type, category)
            SELECT last.last_position + row_number() OVER (ORDER BY n.ord),
                   n.ord, n.tenant, n.stream, n.version, n.event_type, split_part(n.stream, '-', 1)
            FROM fresh n
            WHERE NOT EXISTS (SELECT FROM {schema}.feed f WHERE f.ord = n.ord)
            RETURNING 1)
        SELECT count(*), pg_current_snapshot() INTO o_stamped, seen FROM stamped;
    END IF;

    o_head := last.last_position + o_stamped;
    INSERT INTO {schema}.ticks (tick, last_position, snapshot, cluster)
    VALUES (
        last.tick + 1, o_head, seen,
        CASE WHEN p_all THEN (SELECT c.system_identifier FROM pg_control_system() c) ELSE last.cluster END);
    IF (last.tick + 1) % 64 = 0 THEN
        -- Bounded on both sides, or the search walks over all that was pruned and is not vacuumed yet.
        DELETE FROM {schema}.ticks t WHERE t.tick > last.tick - 128 AND t.tick <= last.tick - 64;
    END IF;
    IF o_stamped > 0 THEN
        PERFORM pg_notify(p_channel, '');
    END IF;
END
$function$;

-- How the feed is, without a turn: the newest position, how many committed events have no place yet (counted up to
-- 10,001), and for how many microseconds the oldest of them has waited at most.
CREATE FUNCTION {schema}.lag(OUT o_head bigint, OUT o_events bigint, OUT o_oldest bigint)
LANGUAGE plpgsql
STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $function$
DECLARE
    last   record;
    l_xmax xid8;
    l_xip  xid8[];
    oldest timestamptz;
BEGIN
    SELECT t.last_position, t.snapshot, t.recorded_at INTO STRICT last
    FROM {schema}.ticks t ORDER BY t.tick DESC LIMIT 1;
    o_head := last.last_position;
    l_xmax := pg_snapshot_xmax(last.snapshot);
    l_xip := ARRAY(SELECT pg_snapshot_xip(last.snapshot));
    SELECT count(*), min(w.recorded_at) INTO o_events, oldest
    FROM (
        SELECT e.recorded_at
        FROM {schema}.events e
        WHERE e.xid >= l_xmax AND e.xid < pg_snapshot_xmax(pg_current_snapshot())
            AND NOT EXISTS (SELECT FROM {schema}.feed f WHERE f.ord = e.ord)
        UNION ALL
        SELECT e.recorded_at
        FROM unnest(l_xip) AS was (xid)
        JOIN {schema}.events e ON e.xid = was.xid
        WHERE pg_visible_in_snapshot(was.xid, pg_current_snapshot())
            AND NOT EXISTS (SELECT FROM {schema}.feed f WHERE f.ord = e.ord)
        LIMIT 10001
    ) w;
    -- An event's time is its writer's; the last turn's is the server's. Neither waited longer than both say.
    o_oldest := 0;
    IF o_events > 0 THEN
        o_oldest := greatest(0, extract(epoch FROM least(
            clock_timestamp() - oldest, clock_timestamp() - last.recorded_at)) * 1000000)::bigint;
    END IF;
END
$function$;
