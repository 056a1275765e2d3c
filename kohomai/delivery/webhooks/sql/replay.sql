-- The next events of a replay, once more: those that were told, those that were given up, those that have no delivery
-- since the webhook was disabled then. Gives how many events were looked at, and the place of the last.
WITH hook AS (
    SELECT id, events, NULL::bigint AS lead_id, id AS lane FROM delivery_webhookendpoint
    WHERE id = %(webhook)s AND workspace_id = %(workspace)s AND disabled_at IS NULL
    UNION ALL
    SELECT w.id, w.events, w.lead_id, LANE FROM leads_leadwebhook AS w
    WHERE w.id = %(webhook)s AND w.workspace_id = %(workspace)s AND w.disabled_at IS NULL
),
batch AS MATERIALIZED (
    SELECT e.xid, e.id, e.lead_id, e.journey_id, e.type, e.at
    FROM journeys_event AS e
    WHERE e.workspace_id = %(workspace)s
        AND (e.xid, e.id) > (%(xid)s::text::xid8, %(event)s::bigint)
        AND (e.xid, e.id) <= (%(until_xid)s::text::xid8, %(until_event)s::bigint)
    ORDER BY e.xid, e.id
    LIMIT %(limit)s
),
again AS (
    INSERT INTO delivery_webhookdelivery AS d (
        workspace_id, event_id, lead_id, journey_id, webhook_id, lane, status, tries, next_at
    )
    SELECT %(workspace)s, b.id, b.lead_id, b.journey_id, h.id, h.lane, 'Waiting', 0, now()
    FROM batch AS b
    CROSS JOIN hook AS h
    WHERE b.at >= %(since)s::timestamptz
        AND b.type = ANY (%(told)s::text[])
        AND (h.lead_id IS NULL OR h.lead_id = b.lead_id)
        AND (h.events IS NULL OR jsonb_typeof(h.events) = 'null' OR h.events ? b.type)
    ORDER BY b.xid, b.id
    ON CONFLICT (event_id, webhook_id) DO UPDATE
    SET status = 'Waiting', tries = 0, next_at = now(), ended_at = NULL, lane = excluded.lane
    WHERE d.status <> 'Waiting' OR d.tries > 0
)
SELECT
    (SELECT count(*) FROM batch),
    (SELECT xid::text FROM batch ORDER BY xid DESC, id DESC LIMIT 1),
    (SELECT id FROM batch ORDER BY xid DESC, id DESC LIMIT 1)
