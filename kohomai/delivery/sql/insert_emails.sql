-- Mails into the outbox; one whose dedup is there already is left out. One parameter: a JSON array of rows.
INSERT INTO delivery_email (
    workspace_id, lead_id, journey_id, kind, "to", subject, text, html, language, status, dedup
)
SELECT workspace_id, lead_id, journey_id, kind, "to", subject, text, html, language, 'Waiting', dedup
FROM jsonb_to_recordset(%s::jsonb) AS r (
    workspace_id bigint, lead_id bigint, journey_id bigint, kind text, "to" text, subject text, text text,
    html text, language text, dedup text
)
ON CONFLICT (dedup) DO NOTHING
RETURNING id
