-- The next events after the mark, as rows of work, and the mark moved behind them: all of it or nothing.
-- Only events of transactions below the oldest one still running are read, in order of (xid, id): what commits
-- later can then only come after the mark. Returns how many there were, whether that was a full batch, and
-- those that somebody is to be told of or a provider asked about ("place" is theirs in the batch).
WITH batch AS MATERIALIZED (
    SELECT
        e.xid, e.id, e.workspace_id, e.lead_id, e.journey_id, e.sequence, e.type, e.at,
        CASE WHEN e.type = ANY (%(read)s::text[]) THEN e.payload END AS payload,
        row_number() OVER (ORDER BY e.xid, e.id) AS place
    FROM journeys_event AS e
    WHERE (e.xid, e.id) > (%(xid)s::xid8, %(event_id)s::bigint)
        AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xid, e.id
    LIMIT %(limit)s::bigint
),
runs AS (
    INSERT INTO delivery_activityrun (
        workspace_id, journey_id, lead_id, key, visit, attempt, run, status, tries, next_at
    )
    SELECT
        workspace_id, journey_id, lead_id, payload ->> 'Key', (payload ->> 'Visit')::int,
        (payload ->> 'Attempt')::int, coalesce((payload ->> 'Run')::int, 0),
        'Waiting', 0, now()
    FROM batch
    WHERE type IN ('activity.opened', 'activity.retried') AND payload ->> 'Type' = ANY (%(types)s::text[])
    ORDER BY place
    ON CONFLICT (journey_id, key, visit, attempt, run) DO NOTHING
    RETURNING id
),
deliveries AS (
    INSERT INTO delivery_webhookdelivery (
        workspace_id, event_id, lead_id, journey_id, webhook_id, lane, status, tries, next_at
    )
    SELECT workspace_id, id, lead_id, journey_id, webhook_id, lane, 'Waiting', 0, now()
    FROM (
        SELECT b.workspace_id, b.id, b.lead_id, b.journey_id, b.place, w.id AS webhook_id, w.id AS lane
        FROM batch AS b
        JOIN delivery_webhookendpoint AS w ON w.workspace_id = b.workspace_id
        WHERE b.type = ANY (%(told)s::text[])
            AND w.disabled_at IS NULL
            AND (w.events IS NULL OR jsonb_typeof(w.events) = 'null' OR w.events ? b.type)
        UNION ALL
        -- Leads' own webhooks share a lane by workspace and host.
        SELECT b.workspace_id, b.id, b.lead_id, b.journey_id, b.place, w.id, LANE_OF_LEAD_WEBHOOK
        FROM batch AS b
        JOIN leads_leadwebhook AS w ON w.lead_id = b.lead_id AND w.workspace_id = b.workspace_id
        WHERE b.type = ANY (%(told)s::text[])
            AND w.disabled_at IS NULL
            AND (w.events IS NULL OR jsonb_typeof(w.events) = 'null' OR w.events ? b.type)
    ) AS wanted
    ORDER BY place, webhook_id
    ON CONFLICT (event_id, webhook_id) DO NOTHING
    RETURNING id
),
moved AS (
    UPDATE delivery_relaymark AS m
    SET xid = l.xid, event_id = l.id
    FROM (SELECT xid, id FROM batch ORDER BY place DESC LIMIT 1) AS l
    WHERE m.name = 'relay'
)
SELECT
    (SELECT count(*) FROM batch),
    (SELECT count(*) FROM runs),
    (SELECT count(*) FROM deliveries),
    (
        SELECT coalesce(jsonb_agg(to_jsonb(b) - 'xid' - 'at' ORDER BY b.place), '[]')::text
        FROM batch AS b
        WHERE b.type IN ('activity.reminded', 'activity.overdue', 'activity.failed', 'link.requested')
            OR (b.type = 'journey.stopped' AND b.payload ->> 'Reason' = 'Loop')
            OR (
                b.type = 'activity.opened'
                AND b.payload -> 'Assignee' ->> 'Kind' IN ('Stakeholder', 'Owner')
                AND b.payload -> 'Assignee' ->> 'Email' IS NULL
            )
            OR (b.type = 'journey.started' AND jsonb_array_length(coalesce(b.payload -> 'Pending', '[]')) > 0)
    )
