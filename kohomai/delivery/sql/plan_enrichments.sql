-- One row for each event and provider. One parameter: a JSON array of rows.
INSERT INTO delivery_enrichmentrun (workspace_id, lead_id, provider, event_id, status, tries, next_at)
SELECT workspace_id, lead_id, provider, event_id, 'Waiting', 0, now()
FROM jsonb_to_recordset(%s::jsonb) AS r (workspace_id bigint, lead_id bigint, provider text, event_id bigint)
ON CONFLICT (event_id, provider) DO NOTHING
