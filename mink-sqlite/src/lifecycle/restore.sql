UPDATE mink_events SET format = ?8, metadata = ?9, payload = ?10
WHERE tenant = ?1 AND stream = ?2 AND version = ?3 AND format = 'archived'
    AND event_id = ?4 AND event_type = ?5 AND schema_version = ?6 AND recorded_at = ?7
