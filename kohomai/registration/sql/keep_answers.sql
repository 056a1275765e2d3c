-- A row older than 24 hours is only waiting to be swept away: it gives way.
INSERT INTO workspaces_keptanswer (
    workspace_id, api_key_id, key, fingerprint, status, answer, lead_id, created_at
)
SELECT workspace_id, api_key_id, key, fingerprint, status, answer, lead_id, created_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    workspace_id bigint, api_key_id bigint, key text, fingerprint bytea, status smallint, answer bytea,
    lead_id bigint, created_at timestamptz
)
ON CONFLICT (api_key_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint,
    status = excluded.status,
    answer = excluded.answer,
    lead_id = excluded.lead_id,
    created_at = excluded.created_at
