-- All that waits for these leads, what is due first at the top. One parameter: an array of leads' ids.
SELECT a.workspace_id, j.id, j.lead_id, a.name, a.due_at, a.assignee::text
FROM journeys_journey AS j
JOIN journeys_activity AS a ON a.journey_id = j.id AND a.status = 'InProgress'
WHERE j.lead_id = ANY (%s::bigint[])
    AND j.status = 'InProgress'
    AND a.assignee ->> 'Kind' = 'Lead'
ORDER BY a.due_at NULLS LAST, a.id
LIMIT 2000
