WITH RECURSIVE
    stream (version) AS MATERIALIZED (
        SELECT version FROM mink_streams WHERE tenant = ?1 AND stream = ?2
    ),
    run (first) AS (
        SELECT ?3 FROM stream
        UNION ALL
        SELECT first + 64 FROM run, stream WHERE first + 64 <= min(version, ?4)
    )
SELECT stream.version, (
    SELECT group_concat(event, '')
    FROM (
        SELECT concat_ws(' ', e.version, e.schema_version, octet_length(e.event_id), octet_length(e.event_type), octet_length(e.format), iif(typeof(e.payload) IN ('text', 'blob'), octet_length(e.payload), -1), e.event_id, e.event_type, e.format, e.payload) AS event
        FROM mink_events AS e
        WHERE e.tenant = ?1 AND e.stream = ?2 AND e.version >= run.first AND e.version <= min(run.first + 63, ?4)
        ORDER BY e.version
    )
)
FROM run, stream
