-- What waits for these leads: for each the first by due time, how many there are, and when the last of them opened.
-- Parameters: an array of leads' ids, how many of each.
SELECT workspace_id, journey_id, lead_id, id, name, due_at, who, count, newest
FROM (
    SELECT
        a.workspace_id, a.journey_id, j.lead_id, a.id, a.name, a.due_at, 'lead-' || j.lead_id AS who,
        count(*) OVER of_lead AS count, max(a.opened_at) OVER of_lead AS newest,
        row_number() OVER (of_lead ORDER BY a.due_at, a.id) AS place
    FROM journeys_journey AS j
    JOIN journeys_activity AS a ON a.journey_id = j.id AND a.status = 'InProgress'
    WHERE j.lead_id = ANY (%s::bigint[]) AND j.status = 'InProgress' AND a.assignee ->> 'Kind' = 'Lead'
    WINDOW of_lead AS (PARTITION BY j.lead_id)
) AS w
WHERE place <= %s
