-- The journeys that a signed-in person may see, newest first: a lead's own, and those in which something is
-- (or was) a stakeholder's to do. An unverified session sees the one it was opened for.
SELECT
    j.id, j.lead_id, j.funnel_id, j.version, j.status, j.outcome, j.node, j.data, j.redirect_url, j.created_at,
    j.ended_at, j.status = 'InProgress' AND j.engine ? 'ArrivedAt' AS deciding
FROM journeys_journey AS j
WHERE j.workspace_id = %(workspace_id)s
    AND (%(journey_id)s::bigint IS NULL OR j.id = %(journey_id)s)
    AND (
        j.lead_id = %(lead_id)s
        OR j.id IN (
            SELECT a.journey_id FROM journeys_activity AS a
            WHERE lower(a.assignee ->> 'Email') = %(email)s AND a.assignee -> 'Kind' = '"Stakeholder"'
                AND a.workspace_id = %(workspace_id)s
        )
    )
ORDER BY j.id DESC
LIMIT 50
