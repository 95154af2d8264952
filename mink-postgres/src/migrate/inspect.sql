SELECT current_setting('server_version_num')::integer,
       current_setting('server_encoding'),
       to_regnamespace('{schema}') IS NOT NULL,
       to_regclass('{schema}.migrations') IS NOT NULL
