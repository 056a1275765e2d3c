-- All that waits for these persons who are no leads: stakeholders by address, users of the back-office by address,
-- by id, by role; what is due first at the top.
WITH waiting AS (
    SELECT a.id, a.workspace_id, a.journey_id, a.name, a.due_at, a.assignee
    FROM journeys_activity AS a
    WHERE lower(a.assignee ->> 'Email') = ANY (%(addresses)s::text[])
        AND a.assignee -> 'Kind' = '"Stakeholder"'
        AND a.workspace_id = ANY (%(workspaces)s::bigint[])
        AND a.status = 'InProgress'
    UNION ALL
    SELECT a.id, a.workspace_id, a.journey_id, a.name, a.due_at, a.assignee
    FROM journeys_activity AS a
    WHERE a.workspace_id = ANY (%(workspaces)s::bigint[])
        AND a.status = 'InProgress'
        AND a.assignee -> 'Kind' IN ('"Owner"', '"Role"', '"User"')
        AND (
            a.assignee ->> 'Kind' = 'Role'
            OR lower(a.assignee ->> 'Email') = ANY (%(addresses)s::text[])
            OR (a.assignee ->> 'Id')::bigint = ANY (%(users)s::bigint[])
        )
)
SELECT w.workspace_id, j.id, j.lead_id, w.name, w.due_at, w.assignee::text
FROM waiting AS w
JOIN journeys_journey AS j ON j.id = w.journey_id AND j.status = 'InProgress'
ORDER BY w.due_at NULLS LAST, w.id
LIMIT 2000
