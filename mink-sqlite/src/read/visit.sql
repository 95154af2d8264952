WITH RECURSIVE
    stream (version, first, deleted, archived) AS MATERIALIZED (
        SELECT version, first, deleted, truncated < first - 1 FROM mink_streams WHERE tenant = ?1 AND stream = ?2
    ),
    run (start) AS (
        SELECT max(?3, first) FROM stream
        UNION ALL
        SELECT start + 64 FROM run, stream WHERE NOT deleted AND NOT (archived AND ?3 < first) AND start + 64 <= min(version, ?4)
    )
SELECT stream.version, stream.first, stream.deleted, iif(stream.deleted OR (stream.archived AND ?3 < stream.first), NULL, (
    SELECT group_concat(event, '')
    FROM (
        SELECT concat_ws(' ', e.version, e.schema_version, octet_length(e.event_id), octet_length(e.event_type), octet_length(e.format), iif(typeof(e.payload) IN ('text', 'blob'), octet_length(e.payload), -1), e.event_id, e.event_type, e.format, e.payload) AS event
        FROM mink_events AS e
        WHERE e.tenant = ?1 AND e.stream = ?2 AND e.version >= run.start AND e.version <= min(run.start + 63, ?4)
        ORDER BY e.version
    )
)), stream.archived
FROM run, stream
