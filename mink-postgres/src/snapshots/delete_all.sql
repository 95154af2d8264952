WITH deleted AS (
    DELETE FROM {schema}.snapshots p
    WHERE p.tenant = $1
    RETURNING 1
)
SELECT count(*) FROM deleted
