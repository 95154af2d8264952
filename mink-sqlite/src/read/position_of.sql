SELECT position FROM mink_events WHERE tenant = ? AND event_id = ?
