DELETE FROM mink_keys WHERE tenant = ? AND key = ? AND owner = ?
