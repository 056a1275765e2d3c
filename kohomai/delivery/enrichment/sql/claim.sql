-- Take what is due on lease, from every provider that has places free, oldest first: what waits for one provider,
-- however much it is, is never read for the sake of another. If the worker dies, another takes it when the lease ends.
WITH RECURSIVE lanes (provider) AS (
    (SELECT provider FROM datapoints_enrichment WHERE status = 'Waiting' ORDER BY provider LIMIT 1)
    UNION ALL
    SELECT (
        SELECT e.provider FROM datapoints_enrichment AS e
        WHERE e.status = 'Waiting' AND e.provider > l.provider ORDER BY e.provider LIMIT 1
    )
    FROM lanes AS l
    WHERE l.provider IS NOT NULL
),
places AS (
    SELECT l.provider, coalesce(p.free, %(free)s::bigint) AS free
    FROM lanes AS l
    LEFT JOIN unnest(%(lanes)s::text[], %(frees)s::bigint[]) AS p (provider, free) ON p.provider = l.provider
    WHERE l.provider IS NOT NULL AND coalesce(p.free, %(free)s::bigint) > 0
),
due AS MATERIALIZED (
    SELECT found.*
    FROM places AS p
    CROSS JOIN LATERAL (
        SELECT e.id, e.next_at
        FROM datapoints_enrichment AS e
        WHERE e.provider = p.provider AND e.status = 'Waiting' AND e.next_at <= now()
        ORDER BY e.next_at, e.id
        LIMIT p.free
        FOR UPDATE SKIP LOCKED
    ) AS found
    ORDER BY found.next_at, found.id
    LIMIT %(limit)s::bigint
)
UPDATE datapoints_enrichment AS e
SET tries = e.tries + 1,
    next_at = now() + make_interval(
        secs => %(grace)s::float8 + coalesce(
            CASE WHEN e.provider LIKE 'http:%%' THEN (
                SELECT p.time_limit FROM datapoints_httpprovider AS p
                WHERE p.id = substring(e.provider FROM 6)::bigint
            ) END,
            %(longest)s::float8
        )
    )
FROM due
WHERE e.id = due.id
RETURNING
    e.id, e.workspace_id, e.lead_id, e.cause, e.sought, e.remaining, e.provider, e.allowed, e.anew, e.call_id, e.tries
