-- Whom the activities that were just reminded of fall to now, where they still wait.
-- One parameter: a JSON array of {journey_id, key, visit, attempt}.
SELECT DISTINCT a.workspace_id, j.lead_id, l.email, a.assignee::text
FROM jsonb_to_recordset(%s::jsonb) AS r (journey_id bigint, key text, visit int, attempt int)
JOIN journeys_activity AS a USING (journey_id, key, visit, attempt)
JOIN journeys_journey AS j ON j.id = a.journey_id AND j.status = 'InProgress'
JOIN leads_lead AS l ON l.id = j.lead_id
WHERE a.status = 'InProgress'
