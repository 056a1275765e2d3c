-- The address is proven: what began unverified ends, signed in or not yet.
WITH lead AS (
    UPDATE leads_lead SET verified_at = %(now)s
    WHERE id = %(lead_id)s AND workspace_id = %(workspace_id)s AND verified_at IS NULL
), links AS (
    UPDATE lead_sessions_link SET used_at = %(now)s
    WHERE lead_id = %(lead_id)s AND workspace_id = %(workspace_id)s AND NOT verified AND used_at IS NULL
)
UPDATE lead_sessions_signin SET ended_at = %(now)s
WHERE lead_id = %(lead_id)s AND workspace_id = %(workspace_id)s AND NOT verified AND ended_at IS NULL
