SELECT k.command, k.fingerprint, k.recorded_at, k.expires_at, k.owner, k.commit_id, k.answer, k.tenant, k.key
FROM json_each(?) AS wanted
CROSS JOIN mink_keys AS k ON k.tenant = wanted.value ->> 0 AND k.key = unhex(wanted.value ->> 1)
