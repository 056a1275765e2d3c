-- What has become of these events that managers and owners are told of: whether it is still so. One parameter: an array
-- of events' ids.
SELECT
    e.id, e.workspace_id, e.journey_id, e.lead_id, a.id, a.name, a.due_at, a.detail ->> 'Error',
    CASE e.type
        WHEN 'activity.overdue' THEN a.status = 'InProgress'
        WHEN 'activity.opened' THEN a.status = 'InProgress' AND a.assignee ->> 'Email' IS NULL
            AND a.assignee ->> 'Kind' IN ('Stakeholder', 'Owner')
        WHEN 'activity.failed' THEN a.status = 'Failed'
        WHEN 'journey.stopped' THEN j.status = 'Stopped'
        ELSE true
    END,
    l.email, l.firstname, l.lastname, f.name, coalesce(e.payload ->> 'Outcome', j.outcome)
FROM unnest(%s::bigint[]) AS r (event_id)
JOIN journeys_event AS e ON e.id = r.event_id
JOIN journeys_journey AS j ON j.id = e.journey_id
JOIN leads_lead AS l ON l.id = e.lead_id
JOIN funnels_funnel AS f ON f.id = j.funnel_id
LEFT JOIN journeys_activity AS a
    ON a.journey_id = e.journey_id
    AND a.key = e.payload ->> 'Key'
    AND a.visit = (e.payload ->> 'Visit')::int
    AND a.attempt = (e.payload ->> 'Attempt')::int
