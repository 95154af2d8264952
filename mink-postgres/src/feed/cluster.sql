-- Whether the newest tick was made on this server.
SELECT t.cluster IS NOT DISTINCT FROM (SELECT c.system_identifier FROM pg_control_system() c)
FROM {schema}.ticks t
ORDER BY t.tick DESC
LIMIT 1
