-- Who a cookie's bearer is: not ended, not idle for too long.
SELECT
    s.id, s.workspace_id, coalesce(lead.merged_into_id, s.lead_id),
    CASE WHEN s.verified THEN coalesce(s.email, lead.email_key) END,
    s.journey_id, s.redirect_url, s.verified, s.created_at, s.last_seen_at
FROM lead_sessions_signin AS s
LEFT JOIN leads_lead AS lead ON lead.id = s.lead_id AND lead.workspace_id = s.workspace_id
WHERE s.digest = %s AND s.ended_at IS NULL AND s.last_seen_at > %s AND (s.lead_id IS NULL OR lead.id IS NOT NULL)
