-- What is still ours of what was claimed, locked, with what the relay has added to it meanwhile: in the relay's order,
-- so that nobody waits in a circle. One parameter: a JSON array of {id, due_at}.
SELECT n.id, n.events, n.count
FROM delivery_notice AS n
JOIN jsonb_to_recordset(%s::jsonb) AS r (id bigint, due_at timestamptz) ON r.id = n.id AND r.due_at = n.due_at
ORDER BY n.workspace_id, n.person, n.kind
FOR UPDATE OF n
