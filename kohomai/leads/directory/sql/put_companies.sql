-- Companies of an upload; the domains that were not there yet come back. One parameter: a JSON array of rows.
INSERT INTO leads_company (workspace_id, upload_id, domain, name, size, revenue, currency, industry, sector)
SELECT %(workspace)s, %(upload)s, domain, name, size, revenue, currency, industry, sector
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    domain text, name text, size numeric, revenue numeric, currency text, industry text, sector text
)
ON CONFLICT (workspace_id, upload_id, domain) DO NOTHING
RETURNING domain
