-- Take what is due on lease: a batch for each of a few workspaces, those first whose mails have waited longest. What
-- lies in one workspace, however much it is, is never read for the sake of another: rows are asked for in the order of
-- one index and between two places in it, so that, with sorting forbidden (rows.py), there is no other way to find them.
WITH RECURSIVE workspaces (id, next_at) AS (
    (
        SELECT workspace_id, next_at FROM delivery_email
        WHERE status = 'Waiting' ORDER BY workspace_id, next_at LIMIT 1
    )
    UNION ALL
    SELECT next.workspace_id, next.next_at
    FROM workspaces AS w
    CROSS JOIN LATERAL (
        SELECT e.workspace_id, e.next_at FROM delivery_email AS e
        WHERE e.status = 'Waiting' AND e.workspace_id > w.id ORDER BY e.workspace_id, e.next_at LIMIT 1
    ) AS next
),
chosen AS MATERIALIZED (
    SELECT id FROM workspaces
    WHERE id <> ALL (%(but)s::bigint[]) AND next_at <= now()
    ORDER BY next_at
    LIMIT %(workspaces)s::bigint
),
due AS MATERIALIZED (
    SELECT found.id
    FROM chosen AS c
    CROSS JOIN LATERAL (
        SELECT e.id FROM delivery_email AS e
        WHERE e.status = 'Waiting' AND e.workspace_id >= c.id AND (e.workspace_id, e.next_at) <= (c.id, now())
        ORDER BY e.workspace_id, e.next_at
        LIMIT %(batch)s::bigint
        FOR UPDATE SKIP LOCKED
    ) AS found
)
UPDATE delivery_email AS e
SET next_at = now() + make_interval(secs => %(lease)s::float8)
WHERE e.id = ANY (ARRAY(SELECT id FROM due))
RETURNING
    e.id, e.workspace_id, e.lead_id, e.journey_id, e.kind, e.category, e."to", e.subject, e.text, e.html, e.tries,
    e.next_at::text AS lease
