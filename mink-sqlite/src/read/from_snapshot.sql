WITH usable (version) AS MATERIALIZED (
    SELECT p.version
    FROM mink_streams AS s
    JOIN mink_snapshots AS p ON p.tenant = s.tenant AND p.stream = s.stream
    WHERE s.tenant = ?3 AND s.stream = ?4 AND NOT s.deleted
        AND p.fingerprint = ?6 AND p.version >= max(?1, s.first) - 1 AND p.version <= min(?2, s.version)
)
SELECT concat_ws(' ', u.version, p.taken_at, p.format), p.payload, 1
FROM usable AS u
JOIN mink_snapshots AS p ON p.tenant = ?3 AND p.stream = ?4
UNION ALL
SELECT * FROM (
    SELECT concat_ws(' ', s.version, s.first, s.truncated, s.deleted, e.version, e.schema_version, e.recorded_at, octet_length(e.event_id), octet_length(e.event_type), octet_length(e.format), e.event_id, e.event_type, e.format, e.metadata), e.payload, 0
    FROM mink_streams AS s
    LEFT JOIN mink_events AS e
        ON e.tenant = s.tenant AND e.stream = s.stream AND NOT s.deleted
        AND e.version >= max(?1, s.first, coalesce((SELECT version + 1 FROM usable), 0)) AND e.version <= ?2
    WHERE s.tenant = ?3 AND s.stream = ?4
    ORDER BY e.version ASC
    LIMIT ?5
)
