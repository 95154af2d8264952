SELECT format(
    'PostgreSQL %s: fsync=%s synchronous_commit=%s wal_sync_method=%s full_page_writes=%s shared_buffers=%s',
    current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit'),
    current_setting('wal_sync_method'), current_setting('full_page_writes'), current_setting('shared_buffers'))
