-- The same address again replaces what was there for the lead.
INSERT INTO leads_leadwebhook (workspace_id, lead_id, url, events, secret)
SELECT workspace_id, lead_id, url, events, secret
FROM jsonb_to_recordset(%s::jsonb) AS r (workspace_id bigint, lead_id bigint, url text, events jsonb, secret bytea)
ON CONFLICT (lead_id, url) DO UPDATE
SET events = excluded.events, secret = excluded.secret, disabled_at = NULL
