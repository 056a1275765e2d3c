-- The next events after the mark, as rows of work, and the mark moved behind them: all of it or nothing.
-- Only events of transactions below the oldest one still running are read, in order of (xid, id): what commits
-- later can then only come after the mark. Returns how many there were, whether somebody is to be told by mail
-- now, and the events that are a mail of their own or that a provider is asked about ("place" is theirs in the batch).
WITH next AS MATERIALIZED (
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
hooks AS (
    SELECT workspace_id, count(*) AS hooks FROM delivery_webhookendpoint
    WHERE workspace_id IN (SELECT workspace_id FROM next) AND disabled_at IS NULL
    GROUP BY workspace_id
),
-- As many of them as do not make more deliveries than one short transaction can write.
batch AS MATERIALIZED (
    SELECT xid, id, workspace_id, lead_id, journey_id, sequence, type, at, payload, place
    FROM (
        SELECT n.*, coalesce(sum(h.hooks) OVER (
            ORDER BY n.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS before
        FROM next AS n
        LEFT JOIN hooks AS h ON h.workspace_id = n.workspace_id
    ) AS n
    WHERE before < %(deliveries)s::bigint
),
runs AS (
    INSERT INTO delivery_activityrun (
        workspace_id, lane, journey_id, lead_id, key, visit, attempt, run, status, tries, next_at
    )
    SELECT
        b.workspace_id,
        CASE WHEN b.payload ->> 'Type' = ANY (%(calling)s::text[]) THEN j.funnel_id || ' ' || (b.payload ->> 'Key') ELSE '' END,
        b.journey_id, b.lead_id, b.payload ->> 'Key', (b.payload ->> 'Visit')::int,
        (b.payload ->> 'Attempt')::int, coalesce((b.payload ->> 'Run')::int, 0),
        'Waiting', 0, now()
    FROM batch AS b
    JOIN journeys_journey AS j ON j.id = b.journey_id
    WHERE b.type IN ('activity.opened', 'activity.retried') AND b.payload ->> 'Type' = ANY (%(types)s::text[])
    ORDER BY b.place
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
-- What somebody is to be told of by mail, and who, as assignees are named: what opens for them or is given to them,
-- what they are reminded of, what managers see to, what has become of an owner's lead.
asked AS MATERIALIZED (
    SELECT workspace_id, lead_id, journey_id, id, at, place, 'activity_waiting' AS kind, payload -> 'Assignee' AS assignee
    FROM batch
    WHERE type IN ('activity.opened', 'activity.reassigned') AND payload -> 'Assignee' ->> 'Kind' <> 'Automatic'
    UNION ALL
    SELECT b.workspace_id, b.lead_id, b.journey_id, b.id, b.at, b.place, 'reminder', a.assignee
    FROM batch AS b
    JOIN journeys_activity AS a
        ON a.journey_id = b.journey_id
        AND a.key = b.payload ->> 'Key'
        AND a.visit = (b.payload ->> 'Visit')::int
        AND a.attempt = (b.payload ->> 'Attempt')::int
        AND a.status = 'InProgress'
    WHERE b.type = 'activity.reminded'
    UNION ALL
    SELECT workspace_id, lead_id, journey_id, id, at, place, kind, jsonb_build_object('Kind', 'Role', 'Role',
        -- The managers, and where there are none the administrators.
        CASE
            WHEN EXISTS (
                SELECT FROM workspaces_membership AS m
                JOIN workspaces_user AS u ON u.id = m.user_id AND u.is_active
                WHERE m.workspace_id = s.workspace_id AND m.role = 'Manager'
            ) THEN 'Manager'
            ELSE 'Administrator'
        END)
    FROM (
        SELECT *, CASE
            WHEN type = 'activity.failed' THEN 'activity_failed'
            WHEN type = 'activity.overdue' AND coalesce(payload ->> 'WhenOverdue', 'Notify') = 'Notify' THEN 'overdue'
            WHEN type = 'journey.stopped' AND payload ->> 'Reason' = 'Loop' THEN 'loop'
            WHEN type = 'activity.opened' AND payload -> 'Assignee' ->> 'Kind' IN ('Stakeholder', 'Owner')
                AND payload -> 'Assignee' ->> 'Email' IS NULL THEN 'unassigned'
        END AS kind
        FROM batch
    ) AS s
    WHERE kind IS NOT NULL
    UNION ALL
    SELECT b.workspace_id, b.lead_id, b.journey_id, b.id, b.at, b.place, 'journey_completed',
        jsonb_build_object('Kind', 'Owner', 'Email', l.owner)
    FROM batch AS b
    JOIN leads_lead AS l ON l.id = b.lead_id AND l.owner IS NOT NULL
    WHERE b.type = 'journey.completed'
),
members AS MATERIALIZED (
    SELECT m.workspace_id, m.user_id, m.role, m.notify, lower(u.email) AS address,
        row_number() OVER (PARTITION BY m.workspace_id, m.role ORDER BY m.id) AS place
    FROM workspaces_membership AS m
    JOIN workspaces_user AS u ON u.id = m.user_id AND u.is_active
    WHERE m.workspace_id IN (SELECT workspace_id FROM asked WHERE assignee ->> 'Kind' <> 'Lead')
),
-- Leads and stakeholders are mostly there while their journey is new. What opens within a minute goes in one mail.
told AS (
    SELECT a.workspace_id, a.person, a.kind, a.id, a.at, a.place,
        CASE a.kind
            WHEN 'activity_waiting' THEN greatest(
                a.at + least(w.notify_leads_after::interval, interval '1 minute'),
                j.created_at + w.notify_leads_after::interval
            )
            ELSE a.at
        END AS due_at
    FROM (
        SELECT *, CASE assignee ->> 'Kind'
            WHEN 'Lead' THEN 'lead-' || lead_id
            WHEN 'Role' THEN NULL
            WHEN 'User' THEN NULL
            ELSE 'address-' || lower(assignee ->> 'Email')
        END AS person
        FROM asked
        WHERE kind <> 'journey_completed'
    ) AS a
    JOIN workspaces_workspace AS w ON w.id = a.workspace_id
    JOIN journeys_journey AS j ON j.id = a.journey_id
    WHERE a.person IS NOT NULL
        AND (a.kind <> 'activity_waiting' OR w.notify_leads_after IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM members AS m
            WHERE m.workspace_id = a.workspace_id AND m.address = lower(a.assignee ->> 'Email')
        )
    UNION ALL
    SELECT a.workspace_id, 'user-' || m.user_id, a.kind, a.id, a.at, a.place,
        CASE a.kind WHEN 'activity_waiting' THEN a.at + interval '1 minute' ELSE a.at END
    FROM asked AS a
    JOIN members AS m ON m.workspace_id = a.workspace_id AND m.notify <> 'Never'
    WHERE CASE a.assignee ->> 'Kind'
        WHEN 'Lead' THEN false
        WHEN 'Role' THEN m.role = a.assignee ->> 'Role' AND m.place <= 200
        WHEN 'User' THEN m.user_id = (a.assignee ->> 'Id')::bigint
        ELSE m.address = lower(a.assignee ->> 'Email')
    END
),
noticed AS (
    INSERT INTO delivery_notice AS n (workspace_id, person, kind, events, count, since, due_at)
    SELECT workspace_id, person, kind, array_agg(id ORDER BY place), count(*), min(at), min(due_at)
    FROM told
    GROUP BY workspace_id, person, kind
    ORDER BY workspace_id, person, kind
    ON CONFLICT (workspace_id, person, kind) DO UPDATE
    SET events = (n.events || excluded.events)[greatest(1, cardinality(n.events || excluded.events) - 999):],
        count = n.count + excluded.count,
        since = least(n.since, excluded.since),
        due_at = CASE WHEN n.put_off THEN n.due_at ELSE least(n.due_at, excluded.due_at) END
    RETURNING due_at
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
    EXISTS (SELECT FROM noticed WHERE due_at <= now()),
    (
        SELECT coalesce(jsonb_agg(to_jsonb(b) - 'xid' - 'at' ORDER BY b.place), '[]')::text
        FROM batch AS b
        WHERE b.type = 'link.requested'
            OR (b.type = 'journey.started' AND jsonb_array_length(coalesce(b.payload -> 'Pending', '[]')) > 0)
    )
