-- Count one call and its cost; no row comes back where that would be more than the month's budget.
INSERT INTO datapoints_providermonth AS m (
    workspace_id, provider, month, calls, hits, misses, failures, cached, cost
)
VALUES (
    %(workspace)s, %(provider)s, date_trunc('month', now() AT TIME ZONE 'UTC')::date, 1, 0, 0, 0, 0, %(cost)s
)
ON CONFLICT (workspace_id, provider, month) DO UPDATE
SET calls = m.calls + 1, cost = m.cost + excluded.cost
WHERE %(budget)s::numeric IS NULL OR m.cost + excluded.cost <= %(budget)s::numeric
RETURNING 1
