-- All that waits for these persons who are no leads (by address, by user's id, by role), what is due first at
-- the top. Parameters: workspaces' ids, addresses in lower case, users' ids, roles.
SELECT a.workspace_id, j.id, j.lead_id, a.name, a.due_at, a.assignee::text
FROM journeys_activity AS a
JOIN journeys_journey AS j ON j.id = a.journey_id AND j.status = 'InProgress'
WHERE a.workspace_id = ANY (%s::bigint[])
    AND a.status = 'InProgress'
    AND (
        lower(a.assignee ->> 'Email') = ANY (%s::text[])
        OR (a.assignee ->> 'Kind' = 'User' AND (a.assignee ->> 'Id')::bigint = ANY (%s::bigint[]))
        OR (a.assignee ->> 'Kind' = 'Role' AND a.assignee ->> 'Role' = ANY (%s::text[]))
    )
ORDER BY a.due_at NULLS LAST, a.id
LIMIT 2000
