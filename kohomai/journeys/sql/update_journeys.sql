-- Journeys as they now stand; their leads' rows are locked by the caller.
UPDATE journeys_journey AS j
SET version = r.version,
    status = r.status,
    outcome = r.outcome,
    reason = r.reason,
    node = r.node,
    data = r.data,
    engine = r.engine,
    attribution = r.attribution,
    redirect_url = r.redirect_url,
    test = r.test,
    sequence = r.sequence,
    hash = r.hash,
    wake_at = r.wake_at,
    changed_at = r.changed_at,
    ended_at = r.ended_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, version int, status text, outcome text, reason text, node text, data jsonb, engine jsonb,
    attribution jsonb, redirect_url text, test boolean, sequence int, hash bytea, wake_at timestamptz,
    changed_at timestamptz, ended_at timestamptz
)
WHERE j.id = r.id
