-- The row stays where it is: with its `xid` and `ord` the feed goes on as if nothing had happened.
UPDATE {schema}.events e
SET format = $5, payload = NULL, payload_bytes = NULL, metadata = '{}'
WHERE e.tenant = $1 AND e.stream = $2 AND e.version >= $3 AND e.version < $4 AND e.format <> $5
