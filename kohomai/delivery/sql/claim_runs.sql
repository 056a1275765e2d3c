-- Take what is due on lease: nobody else gets it before the lease has ended, and if its worker dies, another does.
WITH due AS (
    SELECT id
    FROM delivery_activityrun
    WHERE status = 'Waiting' AND next_at <= now()
    ORDER BY next_at
    LIMIT %(limit)s::bigint
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE delivery_activityrun AS r
    SET next_at = now() + make_interval(secs => %(lease)s::float8)
    FROM due
    WHERE r.id = due.id
    RETURNING r.id, r.workspace_id, r.journey_id, r.key, r.visit, r.attempt, r.tries
)
SELECT
    t.id, t.workspace_id, t.journey_id, t.key, t.visit, t.attempt, t.tries,
    j.funnel_id, j.status = 'InProgress' AND a.status = 'InProgress', a.type
FROM taken AS t
LEFT JOIN journeys_journey AS j ON j.id = t.journey_id AND j.workspace_id = t.workspace_id
LEFT JOIN journeys_activity AS a
    ON a.journey_id = t.journey_id AND a.key = t.key AND a.visit = t.visit AND a.attempt = t.attempt
ORDER BY t.id
