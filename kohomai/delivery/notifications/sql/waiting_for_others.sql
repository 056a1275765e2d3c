-- The same for those who are no leads: what waits for an address, a user's id, a role ("who", in their workspace).
WITH sought AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(sought)s::jsonb) AS r (workspace_id bigint, who text)
),
waiting AS (
    SELECT
        a.workspace_id, a.journey_id, a.id, a.name, a.due_at, a.opened_at, CASE a.assignee ->> 'Kind'
            WHEN 'Role' THEN 'role-' || (a.assignee ->> 'Role')
            WHEN 'User' THEN 'user-' || (a.assignee ->> 'Id')
            ELSE 'address-' || lower(a.assignee ->> 'Email')
        END AS who
    FROM journeys_activity AS a
    WHERE a.workspace_id = ANY (%(workspaces)s::bigint[])
        AND a.status = 'InProgress'
        AND a.assignee -> 'Kind' IN ('"Owner"', '"Role"', '"User"')
    UNION ALL
    SELECT
        a.workspace_id, a.journey_id, a.id, a.name, a.due_at, a.opened_at, 'address-' || lower(a.assignee ->> 'Email')
    FROM journeys_activity AS a
    WHERE lower(a.assignee ->> 'Email') = ANY (%(addresses)s::text[])
        AND a.assignee -> 'Kind' = '"Stakeholder"'
        AND a.workspace_id = ANY (%(workspaces)s::bigint[])
        AND a.status = 'InProgress'
)
SELECT w.workspace_id, w.journey_id, j.lead_id, w.id, w.name, w.due_at, w.who, w.count, w.newest
FROM (
    SELECT
        *, count(*) OVER of_who AS count, max(opened_at) OVER of_who AS newest,
        row_number() OVER (of_who ORDER BY due_at, id) AS place
    FROM waiting
    JOIN sought USING (workspace_id, who)
    WINDOW of_who AS (PARTITION BY workspace_id, who)
) AS w
JOIN journeys_journey AS j ON j.id = w.journey_id
WHERE w.place <= %(shown)s
