SELECT
    a.id, a.journey_id, a.node, a.key, a.type, a.name, a.visit, a.attempt, a.status, a.assignee, a.detail,
    a.opened_at, a.due_at, a.ended_at
FROM journeys_activity AS a
WHERE a.journey_id = ANY (%s)
ORDER BY a.id
