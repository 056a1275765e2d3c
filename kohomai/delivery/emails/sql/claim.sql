-- Take what is due on lease: a batch for each of a few workspaces, those first whose mails have waited longest. What
-- lies in one workspace, however much it is, is never read for the sake of another.
WITH RECURSIVE workspaces (id) AS (
    (SELECT workspace_id FROM delivery_email WHERE status = 'Waiting' ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT e.workspace_id FROM delivery_email AS e
        WHERE e.status = 'Waiting' AND e.workspace_id > w.id ORDER BY e.workspace_id LIMIT 1
    )
    FROM workspaces AS w
    WHERE w.id IS NOT NULL
),
chosen AS (
    SELECT w.id
    FROM workspaces AS w
    CROSS JOIN LATERAL (
        SELECT e.next_at FROM delivery_email AS e
        WHERE e.workspace_id = w.id AND e.status = 'Waiting' ORDER BY e.next_at LIMIT 1
    ) AS first
    WHERE w.id <> ALL (%(but)s::bigint[]) AND first.next_at <= now()
    ORDER BY first.next_at
    LIMIT %(workspaces)s::bigint
),
due AS MATERIALIZED (
    SELECT found.id
    FROM chosen AS c
    CROSS JOIN LATERAL (
        SELECT e.id FROM delivery_email AS e
        WHERE e.workspace_id = c.id AND e.status = 'Waiting' AND e.next_at <= now()
        ORDER BY e.next_at, e.id
        LIMIT %(batch)s::bigint
        FOR UPDATE SKIP LOCKED
    ) AS found
)
UPDATE delivery_email AS e
SET next_at = now() + make_interval(secs => %(lease)s::float8)
FROM due
WHERE e.id = due.id
RETURNING
    e.id, e.workspace_id, e.lead_id, e.journey_id, e.kind, e.category, e."to", e.subject, e.text, e.html, e.tries,
    e.next_at::text AS lease
