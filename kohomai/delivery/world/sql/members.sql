-- Users who can own a lead, whether they are present, and how many leads with a running journey they own: counted no
-- further than their capacity, since more than that makes no difference.
SELECT
    m.user_id, u.email, m.role,
    m.presence = 'Available' OR coalesce(m.away_until <= now(), false) AS present,
    m.capacity,
    coalesce(owned.load, 0) AS load,
    m.turn
FROM workspaces_membership AS m
JOIN workspaces_user AS u ON u.id = m.user_id AND u.is_active
LEFT JOIN LATERAL (
    SELECT count(*) AS load
    FROM (
        SELECT FROM leads_lead AS l
        WHERE l.workspace_id = m.workspace_id
            AND lower(l.owner) = lower(u.email)
            AND EXISTS (SELECT FROM journeys_journey AS j WHERE j.lead_id = l.id AND j.status = 'InProgress')
        LIMIT m.capacity
    ) AS counted
) AS owned ON m.capacity IS NOT NULL
WHERE m.workspace_id = %(workspace)s AND m.role IN ('Administrator', 'Manager')
ORDER BY m.user_id
