SELECT max(position) FROM mink_events
