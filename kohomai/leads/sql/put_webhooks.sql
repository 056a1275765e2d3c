-- The same address again replaces what was there for the lead. What changes what it is told of begins anew here.
INSERT INTO leads_leadwebhook AS w (workspace_id, lead_id, url, events, secret)
SELECT workspace_id, lead_id, url, events, secret
FROM jsonb_to_recordset(%s::jsonb) AS r (workspace_id bigint, lead_id bigint, url text, events jsonb, secret bytea)
ON CONFLICT (lead_id, url) DO UPDATE
SET events = excluded.events, secret = excluded.secret, disabled_at = NULL, disabled_reason = NULL,
    failing_since = NULL, changed_at = now(),
    since_xid = CASE
        WHEN w.disabled_at IS NULL AND w.events IS NOT DISTINCT FROM excluded.events THEN w.since_xid
        ELSE pg_current_xact_id()
    END
