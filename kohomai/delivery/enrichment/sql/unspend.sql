-- A call that was not made after all: its turn, and what was counted for it.
WITH gone AS (
    DELETE FROM datapoints_enrichmentcall
    WHERE id = %(call)s AND http_provider_id = %(service)s AND found IS NULL
    RETURNING workspace_id, provider, cost
)
UPDATE datapoints_providermonth AS m
SET calls = m.calls - 1, cost = m.cost - coalesce(gone.cost, 0)
FROM gone
WHERE m.workspace_id = gone.workspace_id AND m.provider = gone.provider
    AND m.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date
