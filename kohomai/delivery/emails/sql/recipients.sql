-- Leads as mails address them, with the language their data says. One parameter: an array of leads' ids.
SELECT l.id, l.email, l.firstname, l.lastname, l.data -> n.data_point_id::text ->> 'v'
FROM leads_lead AS l
LEFT JOIN datapoints_datapointname AS n ON n.workspace_id = l.workspace_id AND n.name_key = 'language'
WHERE l.id = ANY (%s::bigint[])
