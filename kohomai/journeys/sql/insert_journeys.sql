-- New journeys. A second running one of the same lead and funnel violates journey_one_running: the caller
-- then reads again and tries anew.
INSERT INTO journeys_journey (
    id, workspace_id, lead_id, funnel_id, version, origin_id, status, outcome, reason, node, exclusive, data,
    engine, attribution, redirect_url, test, sequence, hash, wake_at, created_at, changed_at, ended_at
)
SELECT
    id, workspace_id, lead_id, funnel_id, version, origin_id, status, outcome, reason, node, exclusive, data,
    engine, attribution, redirect_url, test, sequence, hash, wake_at, created_at, changed_at, ended_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, workspace_id bigint, lead_id bigint, funnel_id bigint, version int, origin_id bigint, status text,
    outcome text, reason text, node text, exclusive boolean, data jsonb, engine jsonb, attribution jsonb,
    redirect_url text, test boolean, sequence int, hash bytea, wake_at timestamptz, created_at timestamptz,
    changed_at timestamptz, ended_at timestamptz
)
