-- The codes of an address, newest first, locked so that two tries at once are counted as two.
SELECT id, workspace_id, lead_id, digest, used_at IS NULL AND valid_until > %s, tries
FROM lead_sessions_signincode
WHERE address_key = %s AND created_at > %s
ORDER BY id DESC
FOR UPDATE
