-- Somebody is signed in from now on.
INSERT INTO lead_sessions_signin (
    workspace_id, digest, lead_id, email, journey_id, redirect_url, verified, last_seen_at, created_at
)
VALUES (
    %(workspace_id)s, %(digest)s, %(lead_id)s, %(email)s, %(journey_id)s, %(redirect_url)s, %(verified)s,
    %(now)s, %(now)s
)
RETURNING id, workspace_id, lead_id, email, journey_id, redirect_url, verified, created_at
