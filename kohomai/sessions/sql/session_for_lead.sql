-- A merged lead's old Id goes on working.
SELECT lead.id, lead.firstname, lead.lastname, NULL
FROM leads_lead AS own
JOIN leads_lead AS lead ON lead.id = coalesce(own.merged_into_id, own.id)
WHERE own.id = %s AND own.workspace_id = %s
