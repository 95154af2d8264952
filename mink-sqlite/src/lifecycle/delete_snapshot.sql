DELETE FROM mink_snapshots WHERE tenant = ?1 AND stream = ?2 AND version < ?3
