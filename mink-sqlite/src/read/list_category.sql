    AND category = ?
