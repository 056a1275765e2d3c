-- Take what is due on lease: nobody else gets it before the lease has ended, and if its worker dies, another does.
WITH due AS (
    SELECT id
    FROM delivery_enrichmentrun
    WHERE status = 'Waiting' AND next_at <= now()
    ORDER BY next_at
    LIMIT %(limit)s::bigint
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE delivery_enrichmentrun AS r
    SET next_at = now() + make_interval(secs => %(lease)s::float8), tries = r.tries + 1
    FROM due
    WHERE r.id = due.id
    RETURNING r.id, r.workspace_id, r.lead_id, r.provider, r.tries
)
SELECT t.id, t.workspace_id, t.lead_id, t.provider, t.tries, l.email, l.firstname, l.lastname, l.phone
FROM taken AS t
LEFT JOIN leads_lead AS l ON l.id = t.lead_id AND l.workspace_id = t.workspace_id
ORDER BY t.id
