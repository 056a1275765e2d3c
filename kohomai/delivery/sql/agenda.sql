-- What there is to do: whether the relay has an event it may read or one it must wait for, and the seconds
-- until the next activity to run, the next provider to ask, the next journey whose clock has something to do, the
-- next webhook to be told, the next mail to be sent, the next person to be told of something; whether something is to
-- be told once more, and whether something is to be done about a company directory. Takes no lock and no transaction
-- number, so that asking costs next to nothing.
SELECT
    EXISTS (
        SELECT FROM delivery_relaymark AS m
        CROSS JOIN LATERAL (
            SELECT FROM journeys_event AS e
            WHERE (e.xid, e.id) > (m.xid, m.event_id)
            ORDER BY e.xid, e.id
            LIMIT 1
        ) AS e
        WHERE m.name = 'relay'
    ) OR NOT EXISTS (SELECT FROM delivery_relaymark WHERE name = 'relay') AS events,
    extract(epoch FROM (SELECT min(next_at) FROM delivery_activityrun WHERE status = 'Waiting') - now())::float8 AS run,
    extract(epoch FROM (SELECT min(next_at) FROM datapoints_enrichment WHERE status = 'Waiting') - now())::float8 AS enrichment,
    extract(epoch FROM (SELECT min(wake_at) FROM journeys_journey WHERE wake_at IS NOT NULL) - now())::float8 AS clock,
    extract(epoch FROM (SELECT min(next_at) FROM delivery_webhookdelivery WHERE status = 'Waiting') - now())::float8 AS delivery,
    extract(epoch FROM (SELECT min(next_at) FROM delivery_email WHERE status = 'Waiting') - now())::float8 AS mail,
    extract(epoch FROM (SELECT min(due_at) FROM delivery_notice) - now())::float8 AS notice,
    EXISTS (SELECT FROM delivery_webhookreplay) AS replay,
    EXISTS (SELECT FROM leads_directoryupload WHERE todo) AS directory
