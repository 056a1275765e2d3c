-- Take what is due on lease: nobody else gets it before the lease has ended, and if its worker dies, another does.
-- Lanes take turns, each with what has waited longest in it: what lies in one, however much it is, is never read for
-- the sake of another. An activity that calls somebody has a lane of its own, from which no more is taken than there
-- are hands free for it; all others of a workspace share one (''). Rows are asked for in the order of one index and
-- between two places in it, so that, with sorting forbidden (runs.py), there is no other way to find them.
WITH RECURSIVE lanes (workspace_id, lane, next_at) AS (
    (
        SELECT workspace_id, lane, next_at FROM delivery_activityrun
        WHERE status = 'Waiting' ORDER BY workspace_id, lane, next_at LIMIT 1
    )
    UNION ALL
    SELECT next.workspace_id, next.lane, next.next_at
    FROM lanes AS l
    CROSS JOIN LATERAL (
        SELECT r.workspace_id, r.lane, r.next_at FROM delivery_activityrun AS r
        WHERE r.status = 'Waiting' AND (r.workspace_id, r.lane) > (l.workspace_id, l.lane)
        ORDER BY r.workspace_id, r.lane, r.next_at LIMIT 1
    ) AS next
),
places AS MATERIALIZED (
    SELECT l.workspace_id, l.lane, p.free
    FROM lanes AS l
    LEFT JOIN unnest(%(workspaces)s::bigint[], %(workspaces_free)s::bigint[]) AS w (id, free) ON w.id = l.workspace_id
    LEFT JOIN unnest(%(lane_workspaces)s::bigint[], %(lanes)s::text[], %(lanes_free)s::bigint[]) AS a (id, lane, free)
        ON a.id = l.workspace_id AND a.lane = l.lane
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN l.lane = '' THEN %(limit)s::bigint
            ELSE least(
                %(free)s::bigint, coalesce(w.free, %(free_of_workspace)s::bigint),
                coalesce(a.free, %(free_of_lane)s::bigint)
            )
        END AS free
    ) AS p
    WHERE l.next_at <= now() AND p.free > 0
),
found AS MATERIALIZED (
    SELECT r.id, r.next_at, row_number() OVER (PARTITION BY p.workspace_id, p.lane ORDER BY r.next_at, r.id) AS turn
    FROM places AS p
    CROSS JOIN LATERAL (
        SELECT r.id, r.next_at
        FROM delivery_activityrun AS r
        WHERE r.status = 'Waiting' AND (r.workspace_id, r.lane) >= (p.workspace_id, p.lane)
            AND (r.workspace_id, r.lane, r.next_at) <= (p.workspace_id, p.lane, now())
        ORDER BY r.workspace_id, r.lane, r.next_at
        LIMIT least(p.free, greatest(2, 10 * %(limit)s::bigint / (SELECT count(*) FROM places)))
    ) AS r
),
due AS MATERIALIZED (
    SELECT r.id
    FROM delivery_activityrun AS r
    WHERE r.id = ANY (ARRAY(SELECT id FROM found ORDER BY turn, next_at, id LIMIT %(limit)s::bigint))
        AND r.next_at <= now() AND r.ended_at IS NULL
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE delivery_activityrun AS r
    SET next_at = now() + make_interval(secs => %(lease)s::float8)
    WHERE r.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING r.id, r.workspace_id, r.lane, r.journey_id, r.key, r.visit, r.attempt, r.run, r.tries, r.next_at
)
SELECT
    t.id, t.workspace_id, t.lane, t.journey_id, t.key, t.visit, t.attempt, t.run, t.tries, t.next_at::text,
    j.status = 'InProgress' AND a.status = 'InProgress' AND coalesce((a.detail ->> 'Run')::int, 0) = t.run, a.type
FROM taken AS t
LEFT JOIN journeys_journey AS j ON j.id = t.journey_id AND j.workspace_id = t.workspace_id
LEFT JOIN journeys_activity AS a
    ON a.journey_id = t.journey_id AND a.key = t.key AND a.visit = t.visit AND a.attempt = t.attempt
JOIN found AS f ON f.id = t.id
ORDER BY f.turn, t.id
