-- Count what a provider did this month.
INSERT INTO datapoints_providermonth AS m (
    workspace_id, provider, month, calls, hits, misses, failures, cached, cost
)
VALUES (
    %(workspace)s, %(provider)s, date_trunc('month', now() AT TIME ZONE 'UTC')::date,
    %(calls)s, %(hits)s, %(misses)s, %(failures)s, %(cached)s, 0
)
ON CONFLICT (workspace_id, provider, month) DO UPDATE
SET calls = m.calls + excluded.calls,
    hits = m.hits + excluded.hits,
    misses = m.misses + excluded.misses,
    failures = m.failures + excluded.failures,
    cached = m.cached + excluded.cached
