-- Sequence numbers become visible out of order of commit: only rows below the oldest running transaction are
-- read, in order of (xid, id), so that no reader ever passes one by.
SELECT xid::text AS xid, id, type, at, lead_id, journey_id, sequence, payload
FROM journeys_event
WHERE workspace_id = %(ws)s
  AND (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND type <> ALL (%(internal)s::text[])
  AND (%(types)s::text[] IS NULL OR type = ANY (%(types)s::text[]))
  AND (%(lead)s::bigint IS NULL OR lead_id = %(lead)s::bigint)
  AND (%(journey)s::bigint IS NULL OR journey_id = %(journey)s::bigint)
  AND (%(since)s::timestamptz IS NULL OR at > %(since)s::timestamptz)
ORDER BY xid, id
LIMIT %(limit)s
