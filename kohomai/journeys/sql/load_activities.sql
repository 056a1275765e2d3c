SELECT id, journey_id, node, key, type, name, visit, attempt, status, assignee, detail, result, opened_at,
       due_at, ended_at
FROM journeys_activity
WHERE journey_id = ANY (%s)
ORDER BY journey_id, id
