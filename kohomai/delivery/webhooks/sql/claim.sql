-- Take what is due on lease. Lanes that have something due and places free take turns, each with what is oldest in it
-- first: what lies in one lane, however much it is, is never read for the sake of another, and none waits until
-- another is done. Of what is about one lead the first attempts go out in order: where one of them has its turn, the
-- first of them are taken, and none while one before it is being sent.
--
-- Where a few rows are wanted of many, they are asked for in the order of one index and between two places in it, so
-- that, with sorting forbidden (rows.py), there is no other way to find them, whatever the planner believes.
WITH RECURSIVE lanes (lane, next_at) AS (
    (SELECT lane, next_at FROM delivery_webhookdelivery WHERE status = 'Waiting' ORDER BY lane, next_at LIMIT 1)
    UNION ALL
    SELECT next.lane, next.next_at
    FROM lanes AS l
    CROSS JOIN LATERAL (
        SELECT d.lane, d.next_at FROM delivery_webhookdelivery AS d
        WHERE d.status = 'Waiting' AND d.lane > l.lane ORDER BY d.lane, d.next_at LIMIT 1
    ) AS next
),
places AS MATERIALIZED (
    SELECT l.lane, coalesce(p.free, %(free)s::bigint) AS free
    FROM lanes AS l
    LEFT JOIN unnest(%(lanes)s::bigint[], %(frees)s::bigint[]) AS p (lane, free) ON p.lane = l.lane
    WHERE coalesce(p.free, %(free)s::bigint) > 0 AND l.next_at <= now()
),
found AS MATERIALIZED (
    SELECT d.*
    FROM places AS p
    CROSS JOIN LATERAL (
        SELECT d.id, d.lane, d.lead_id, d.tries, d.next_at
        FROM delivery_webhookdelivery AS d
        WHERE d.status = 'Waiting' AND d.lane >= p.lane AND (d.lane, d.next_at) <= (p.lane, now())
        ORDER BY d.lane, d.next_at
        -- All places there are while lanes are few; a share of them where they are many.
        LIMIT least(p.free, %(limit)s::bigint, greatest(2, 10 * %(limit)s::bigint / (SELECT count(*) FROM places)))
    ) AS d
),
-- Whom something is being sent about: what follows it cannot go, and must not take the turn of what can.
busy AS MATERIALIZED (
    SELECT c.lane, c.lead_id
    FROM (SELECT DISTINCT lane, lead_id FROM found WHERE tries = 0 AND lead_id IS NOT NULL) AS c
    CROSS JOIN LATERAL (
        SELECT d.next_at FROM delivery_webhookdelivery AS d
        WHERE d.status = 'Waiting' AND d.tries = 0
            AND (d.lane, d.lead_id) >= (c.lane, c.lead_id) AND (d.lane, d.lead_id) <= (c.lane, c.lead_id)
        ORDER BY d.lane, d.lead_id, d.event_id
        LIMIT 1
    ) AS first
    WHERE first.next_at > now()
),
turns AS MATERIALIZED (
    SELECT f.*, row_number() OVER (PARTITION BY f.lane ORDER BY f.next_at, f.id) AS turn
    FROM found AS f
    LEFT JOIN busy AS b ON b.lane = f.lane AND b.lead_id = f.lead_id AND f.tries = 0
    WHERE b.lane IS NULL
    ORDER BY turn, f.next_at, f.id
    LIMIT %(limit)s::bigint
),
chosen AS MATERIALIZED (
    SELECT id, lane, lead_id, id AS alone, NULL::bigint AS event_id
    FROM turns
    WHERE tries > 0 OR lead_id IS NULL
    UNION ALL
    SELECT next.id, c.lane, c.lead_id, NULL, next.event_id
    FROM (
        SELECT lane, lead_id, count(*) AS places FROM turns
        WHERE tries = 0 AND lead_id IS NOT NULL GROUP BY lane, lead_id
    ) AS c
    CROSS JOIN LATERAL (
        SELECT d.id, d.event_id FROM delivery_webhookdelivery AS d
        WHERE d.status = 'Waiting' AND d.tries = 0
            AND (d.lane, d.lead_id) >= (c.lane, c.lead_id) AND (d.lane, d.lead_id) <= (c.lane, c.lead_id)
        ORDER BY d.lane, d.lead_id, d.event_id
        LIMIT c.places
    ) AS next
),
locked AS MATERIALIZED (
    SELECT d.id FROM delivery_webhookdelivery AS d
    WHERE d.id = ANY (ARRAY(SELECT id FROM chosen)) AND d.next_at <= now() AND d.ended_at IS NULL
    FOR UPDATE SKIP LOCKED
),
due AS (
    SELECT c.id
    FROM (
        SELECT c.id, bool_and(l.id IS NOT NULL) OVER (
            PARTITION BY c.lane, c.lead_id, c.alone ORDER BY c.event_id
        ) AS in_order
        FROM chosen AS c
        LEFT JOIN locked AS l ON l.id = c.id
    ) AS c
    WHERE c.in_order
),
taken AS (
    UPDATE delivery_webhookdelivery AS d
    SET next_at = now() + make_interval(secs => %(lease)s::float8)
    WHERE d.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING d.id, d.workspace_id, d.event_id, d.lead_id, d.journey_id, d.webhook_id, d.lane, d.tries, d.next_at, d.created_at
)
SELECT
    t.id, t.workspace_id, t.event_id, t.lead_id, t.journey_id, t.webhook_id, t.lane, t.tries, t.next_at::text AS lease,
    coalesce(e.type, 'webhook.test') AS type, coalesce(e.at, t.created_at) AS at, e.payload::text AS payload,
    e.id IS NULL AND t.event_id IS NOT NULL AS lost,
    l.id IS NOT NULL AS known, l.email, l.firstname, l.lastname, l.phone, l.test,
    j.funnel_id,
    coalesce(w.url, h.url) AS url,
    coalesce(w.disabled_at, h.disabled_at) IS NOT NULL AS disabled,
    coalesce(w.failing_since, h.failing_since) IS NOT NULL AS failing,
    coalesce(w.secret, h.secret, CASE WHEN h.id IS NOT NULL THEN s.webhook_secret END) AS secret,
    coalesce(w.former_secrets, '[]')::text AS former_secrets
FROM taken AS t
LEFT JOIN journeys_event AS e ON e.id = t.event_id AND e.workspace_id = t.workspace_id
LEFT JOIN leads_lead AS l ON l.id = t.lead_id AND l.workspace_id = t.workspace_id
LEFT JOIN journeys_journey AS j ON j.id = t.journey_id AND j.workspace_id = t.workspace_id
LEFT JOIN delivery_webhookendpoint AS w ON w.id = t.webhook_id AND w.workspace_id = t.workspace_id
LEFT JOIN leads_leadwebhook AS h ON h.id = t.webhook_id AND h.workspace_id = t.workspace_id
LEFT JOIN workspaces_workspace AS s ON s.id = t.workspace_id
ORDER BY t.event_id NULLS FIRST, t.id
