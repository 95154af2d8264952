-- Another node's turn may have very much to stamp: it is waited for longer than a stream.
SET lock_timeout = '30s';
