-- In the order of the array, so that ids follow the sequence.
INSERT INTO journeys_event (
    workspace_id, lead_id, journey_id, sequence, type, at, payload, salt, digest, hash
)
SELECT workspace_id, lead_id, journey_id, sequence, type, at, payload, salt, digest, hash
FROM jsonb_to_recordset(%s::jsonb) AS r (
    workspace_id bigint, lead_id bigint, journey_id bigint, sequence int, type text, at timestamptz,
    payload jsonb, salt bytea, digest bytea, hash bytea
)
