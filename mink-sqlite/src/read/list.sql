SELECT stream, version, first, truncated, deleted
FROM mink_streams
WHERE tenant = ? AND stream >= ? AND stream > ? AND stream < ?
