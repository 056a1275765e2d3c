-- Take whoever has something due on lease, with all that they are to be told of: nobody else gets it before the lease
-- has ended, and if its worker dies, another does. What is not due yet stays so.
WITH due AS (
    SELECT workspace_id, person
    FROM delivery_notice
    WHERE due_at <= now()
    ORDER BY due_at
    LIMIT %(limit)s::bigint
    FOR UPDATE SKIP LOCKED
),
theirs AS (
    SELECT n.id, n.due_at, n.put_off
    FROM (SELECT DISTINCT workspace_id, person FROM due) AS d
    JOIN delivery_notice AS n USING (workspace_id, person)
    FOR UPDATE OF n SKIP LOCKED
)
UPDATE delivery_notice AS n
SET due_at = greatest(n.due_at, now() + make_interval(secs => %(lease)s::float8)), put_off = true
FROM theirs AS t
WHERE n.id = t.id
RETURNING n.id, n.workspace_id, n.person, n.kind, n.events, n.count, n.since, t.due_at, t.put_off, n.due_at
