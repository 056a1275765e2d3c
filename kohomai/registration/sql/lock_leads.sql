-- For each registration of the batch, in the order given (that of the e-mails, so that no two batches
-- deadlock): its lead as stored, locked, and the version its funnel now has.
SELECT
    a.n,
    (SELECT current_version FROM funnels_funnel WHERE funnels_funnel.id = a.funnel_id),
    l.*
FROM (
    SELECT *
    FROM jsonb_to_recordset(%s::jsonb) AS r (n int, workspace_id bigint, email_key text, funnel_id bigint)
    ORDER BY n
) AS a
LEFT JOIN LATERAL (
    SELECT * FROM leads_lead
    WHERE leads_lead.workspace_id = a.workspace_id AND leads_lead.email_key = a.email_key
    FOR UPDATE
) AS l ON true
