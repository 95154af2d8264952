SELECT l.o_head, l.o_events, l.o_oldest, (SELECT max(m.version) FROM {schema}.migrations m)
FROM {schema}.lag() l
