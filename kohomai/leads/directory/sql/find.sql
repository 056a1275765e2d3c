-- The company with the longest of these domains in the directory that the workspace has now.
SELECT c.domain, c.name, trim_scale(c.size) AS size, trim_scale(c.revenue) AS revenue, c.currency, c.industry, c.sector
FROM leads_directory AS d
JOIN leads_company AS c
    ON c.workspace_id = d.workspace_id AND c.upload_id = d.upload_id AND c.domain = ANY (%(domains)s::text[])
WHERE d.workspace_id = %(workspace)s
ORDER BY length(c.domain) DESC
LIMIT 1
