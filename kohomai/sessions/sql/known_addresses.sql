-- The workspaces that know an address, as a lead's or as that of a stakeholder for whom something is open.
SELECT workspace.id, lead.id, lead.email_key, lead.firstname
FROM workspaces_workspace AS workspace
JOIN LATERAL (
    SELECT coalesce(l.merged_into_id, l.id) AS id, l.email_key, l.firstname
    FROM leads_lead AS l
    WHERE l.workspace_id = workspace.id AND l.email_key = %(key)s
) AS lead ON true
UNION ALL
SELECT DISTINCT a.workspace_id, NULL::bigint, %(key)s, NULL
FROM journeys_activity AS a
WHERE lower(a.assignee ->> 'Email') = %(key)s AND a.status = 'InProgress' AND a.assignee -> 'Kind' = '"Stakeholder"'
    AND NOT EXISTS (SELECT FROM leads_lead AS l WHERE l.workspace_id = a.workspace_id AND l.email_key = %(key)s)
ORDER BY 1
