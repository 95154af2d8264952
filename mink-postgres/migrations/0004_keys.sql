-- Idempotency keys: reserved by an owner, or answered by a commit, until a time by this server's clock.
CREATE TABLE {schema}.keys (
    tenant      text COLLATE "C" NOT NULL,
    key         bytea NOT NULL,
    command     text NOT NULL,
    fingerprint bytea NOT NULL,
    -- Who has reserved it; null once it is answered.
    owner       uuid,
    -- The commit that answered it; null while it is reserved.
    commit_id   uuid,
    answer      bytea,
    recorded_at timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    PRIMARY KEY (tenant, key)
);

CREATE INDEX keys_until ON {schema}.keys (until);

-- Who writes a key that has no row yet, or takes one over, holds this lock. The streams' names have locks of their own.
CREATE FUNCTION {schema}.key_lock(p_tenant text, p_key bytea)
RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $function$
    SELECT hashtextextended('{schema}' || chr(2) || p_tenant || chr(2) || encode(p_key, 'hex'), 0)
$function$;

-- Hours are whole and few: an interval of microseconds alone is counted in floating point, and loses some of them.
CREATE FUNCTION {schema}.key_until(p_from timestamptz, p_microseconds bigint)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE
AS $function$
    SELECT p_from + make_interval(hours => (p_microseconds / 3600000000)::integer)
        + (p_microseconds % 3600000000) * interval '1 microsecond'
$function$;

-- Reserves a key, or answers the row that stands in the way; none when it was reserved.
--
-- The clock is read once the lock is held: `now()` and `statement_timestamp()` stand still while it is waited for. The
-- statements after the lock see what its holder has committed.
CREATE FUNCTION {schema}.reserve_key(
    p_tenant text,
    p_key bytea,
    p_command text,
    p_fingerprint bytea,
    p_owner uuid,
    p_hold bigint
)
RETURNS SETOF {schema}.keys
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $function$
DECLARE
    l_now timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock({schema}.key_lock(p_tenant, p_key));
    l_now := clock_timestamp();
    RETURN QUERY
        SELECT k.*
        FROM {schema}.keys k
        WHERE k.tenant = p_tenant AND k.key = p_key AND k.until > l_now
            AND (k.commit_id IS NOT NULL OR k.owner <> p_owner);
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO {schema}.keys AS k (tenant, key, command, fingerprint, owner, recorded_at, until)
    VALUES (
        p_tenant, p_key, p_command, p_fingerprint, p_owner, l_now, {schema}.key_until(l_now, p_hold))
    ON CONFLICT (tenant, key) DO UPDATE
    SET command = excluded.command, fingerprint = excluded.fingerprint, owner = excluded.owner, commit_id = NULL,
        answer = NULL, recorded_at = excluded.recorded_at, until = excluded.until;
END
$function$;
