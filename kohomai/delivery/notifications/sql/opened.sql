-- The activities that these events opened or gave to somebody, which still wait, and who for. One parameter: an array of
-- events' ids.
SELECT DISTINCT
    a.workspace_id, a.journey_id, j.lead_id, a.id, a.name, a.due_at, CASE a.assignee ->> 'Kind'
        WHEN 'Lead' THEN 'lead-' || j.lead_id
        WHEN 'Role' THEN 'role-' || (a.assignee ->> 'Role')
        WHEN 'User' THEN 'user-' || (a.assignee ->> 'Id')
        ELSE 'address-' || lower(a.assignee ->> 'Email')
    END AS who, e.id AS event_id
FROM unnest(%s::bigint[]) AS r (event_id)
JOIN journeys_event AS e ON e.id = r.event_id
JOIN journeys_activity AS a
    ON a.journey_id = e.journey_id
    AND a.key = e.payload ->> 'Key'
    AND a.visit = (e.payload ->> 'Visit')::int
    AND a.attempt = (e.payload ->> 'Attempt')::int
    AND a.status = 'InProgress'
JOIN journeys_journey AS j ON j.id = a.journey_id AND j.status = 'InProgress'
