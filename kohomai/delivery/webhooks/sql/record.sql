-- What calls came to: one row of the log for each, and the delivery done, waiting for its next time, or ended. A lease
-- that has run out meanwhile may be another worker's now: then only success is still noted, since it was one.
WITH result AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS r (
        id bigint, lease timestamptz, status text, tried boolean, pause float8, workspace_id bigint, number int,
        at timestamptz, took_ms int, url text, headers jsonb, body text, answer_status int, answer text, error text
    )
),
log AS (
    INSERT INTO delivery_webhookattempt (
        workspace_id, delivery_id, number, at, took_ms, url, headers, body, status, answer, error
    )
    SELECT workspace_id, id, number, at, took_ms, url, headers, body, answer_status, answer, error
    FROM result
    WHERE tried
    ORDER BY at, id
)
UPDATE delivery_webhookdelivery AS d
SET status = r.status,
    tries = d.tries + r.tried::int,
    next_at = CASE WHEN r.status = 'Waiting' THEN now() + make_interval(secs => r.pause) ELSE d.next_at END,
    ended_at = CASE WHEN r.status <> 'Waiting' THEN now() END
FROM result AS r
WHERE d.id = r.id AND d.ended_at IS NULL AND (d.next_at = r.lease OR r.status = 'Done')
