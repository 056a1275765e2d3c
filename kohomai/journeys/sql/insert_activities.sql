INSERT INTO journeys_activity (
    id, workspace_id, journey_id, node, key, type, name, visit, attempt, status, assignee, detail, result,
    opened_at, due_at, ended_at
)
SELECT
    id, workspace_id, journey_id, node, key, type, name, visit, attempt, status, assignee, detail, result,
    opened_at, due_at, ended_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, workspace_id bigint, journey_id bigint, node text, key text, type text, name text, visit int,
    attempt int, status text, assignee jsonb, detail jsonb, result jsonb, opened_at timestamptz,
    due_at timestamptz, ended_at timestamptz
)
