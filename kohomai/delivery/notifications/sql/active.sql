-- Who of these is signed in at the front-office and was seen since a moment, and when last: leads by id, stakeholders
-- by address.
SELECT workspace_id, lead_id, lower(email), max(last_seen_at)
FROM lead_sessions_signin
WHERE last_seen_at > %(since)s
    AND ended_at IS NULL
    AND (lead_id = ANY (%(leads)s::bigint[]) OR lower(email) = ANY (%(addresses)s::text[]))
GROUP BY workspace_id, lead_id, lower(email)
