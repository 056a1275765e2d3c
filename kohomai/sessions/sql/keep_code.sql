INSERT INTO lead_sessions_signincode (workspace_id, address_key, lead_id, digest, tries, valid_until, created_at)
VALUES (%s, %s, %s, %s, 0, %s, %s)
