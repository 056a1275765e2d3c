-- Mails into the outbox; one whose dedup is there already is left out. To be sent are those of workspaces that have a
-- mail server now; what the person has unsubscribed from is only kept. One parameter: a JSON array of rows.
INSERT INTO delivery_email (
    workspace_id, lead_id, journey_id, kind, category, "to", subject, text, html, language, dedup, tries, status, next_at
)
SELECT
    r.workspace_id, r.lead_id, r.journey_id, r.kind, r.category, r."to", r.subject, r.text, r.html, r.language, r.dedup, 0,
    CASE WHEN u.id IS NOT NULL THEN 'Suppressed' WHEN s.workspace_id IS NOT NULL THEN 'Waiting' ELSE 'Kept' END,
    CASE WHEN u.id IS NULL AND s.workspace_id IS NOT NULL THEN now() END
FROM jsonb_to_recordset(%s::jsonb) AS r (
    workspace_id bigint, lead_id bigint, journey_id bigint, kind text, category text, "to" text, subject text, text text,
    html text, language text, dedup text, digest text
)
LEFT JOIN delivery_smtpserver AS s ON s.workspace_id = r.workspace_id
LEFT JOIN delivery_unsubscribed AS u
    ON u.workspace_id = r.workspace_id AND u.category = r.category AND u.digest = decode(r.digest, 'hex')
ON CONFLICT (dedup) DO NOTHING
RETURNING id
