SELECT CASE WHEN version < 0 THEN -1 WHEN deleted THEN -1 - version ELSE version END FROM mink_streams WHERE tenant = ? AND stream = ?
