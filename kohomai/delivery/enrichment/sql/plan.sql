-- Runs to be made, one for each mark. One parameter: a JSON array of rows.
INSERT INTO datapoints_enrichment (
    workspace_id, lead_id, mark, cause, sought, remaining, provider, allowed, anew, status, tries, next_at
)
SELECT workspace_id, lead_id, mark, cause, sought, sought, provider, allowed, anew, status, 0, now()
FROM jsonb_to_recordset(%s::jsonb) AS r (
    workspace_id bigint, lead_id bigint, mark text, cause text, sought bigint[], provider text, allowed text[],
    anew boolean, status text
)
ON CONFLICT (mark) DO NOTHING
RETURNING id
