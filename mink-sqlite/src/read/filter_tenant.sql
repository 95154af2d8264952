    AND +e.tenant = ?
