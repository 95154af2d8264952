SELECT version, first, truncated, deleted FROM mink_streams WHERE tenant = ? AND stream = ?
