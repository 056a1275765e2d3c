-- Keep new links, all of a batch at once. One parameter: a JSON array of rows (links.new_link).
INSERT INTO lead_sessions_link (
    workspace_id, digest, lead_id, email, journey_id, redirect_url,
    mailed, verified, held_data_id, valid_until, created_at
)
SELECT
    workspace_id, digest, lead_id, email, journey_id, redirect_url,
    mailed, verified, held_data_id, valid_until, created_at
FROM jsonb_to_recordset(%s::jsonb) AS link (
    workspace_id bigint,
    digest bytea,
    lead_id bigint,
    email text,
    journey_id bigint,
    redirect_url text,
    mailed boolean,
    verified boolean,
    held_data_id bigint,
    valid_until timestamptz,
    created_at timestamptz
)
