-- Where a replay begins (behind the last event before its time) and ends (where the relay is now).
SELECT
    (
        SELECT ROW (e.xid, e.id)::text FROM journeys_event AS e
        WHERE e.workspace_id = %(workspace)s AND e.at < %(since)s::timestamptz - interval '1 minute'
        ORDER BY e.xid DESC, e.id DESC
        LIMIT 1
    ),
    m.xid::text, m.event_id
FROM delivery_relaymark AS m
WHERE m.name = 'relay'
