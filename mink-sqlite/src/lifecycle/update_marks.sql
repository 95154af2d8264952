UPDATE mink_streams SET first = ?3, truncated = ?4, deleted = ?5 WHERE tenant = ?1 AND stream = ?2
