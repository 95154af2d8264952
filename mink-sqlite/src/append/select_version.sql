SELECT version FROM mink_streams WHERE tenant = ? AND stream = ?
