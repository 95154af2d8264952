DELETE FROM mink_snapshots WHERE tenant = ? AND stream = ?
