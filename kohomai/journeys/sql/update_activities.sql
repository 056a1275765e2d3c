UPDATE journeys_activity AS a
SET status = r.status,
    name = r.name,
    assignee = r.assignee,
    detail = r.detail,
    result = r.result,
    opened_at = r.opened_at,
    due_at = r.due_at,
    ended_at = r.ended_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, status text, name text, assignee jsonb, detail jsonb, result jsonb, opened_at timestamptz,
    due_at timestamptz, ended_at timestamptz
)
WHERE a.id = r.id
