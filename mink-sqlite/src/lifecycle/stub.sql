UPDATE mink_events SET format = ?5, metadata = '{}', payload = x''
WHERE tenant = ?1 AND stream = ?2 AND version >= ?3 AND version < ?4 AND format <> ?5
