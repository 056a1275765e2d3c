-- Good once: of two that come at the same moment, one finds the row unused.
UPDATE lead_sessions_link
SET used_at = %s
WHERE id = %s AND used_at IS NULL AND valid_until > %s
RETURNING id
