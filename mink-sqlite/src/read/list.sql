SELECT stream, version
FROM mink_streams
WHERE tenant = ? AND stream >= ? AND stream > ? AND stream < ?
