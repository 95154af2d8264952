-- The clock as the statement began: it stands still, so that the index is searched by it.
WITH over AS MATERIALIZED (
    SELECT k.tenant, k.key
    FROM {schema}.keys k
    WHERE k.until <= statement_timestamp()
    ORDER BY k.until
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), swept AS (
    DELETE FROM {schema}.keys k
    USING over
    WHERE k.tenant = over.tenant AND k.key = over.key
    RETURNING 1
)
SELECT count(*) FROM swept
