-- How webhooks fare: those that failed, those that answered again, and those that are not to be called any more. Gives
-- the ones that were disabled by this.
WITH failing AS (SELECT unnest(%(failing)s::bigint[]) AS id),
well AS (SELECT unnest(%(well)s::bigint[]) AS id),
gone AS (SELECT unnest(%(gone)s::bigint[]) AS id),
endpoints AS (
    UPDATE delivery_webhookendpoint AS w
    SET failing_since = CASE WHEN w.id IN (SELECT id FROM well) THEN NULL ELSE coalesce(w.failing_since, now()) END,
        disabled_at = CASE WHEN w.id IN (SELECT id FROM gone) OR LONG_FAILING THEN now() END,
        disabled_reason = CASE WHEN w.id IN (SELECT id FROM gone) THEN 'Gone' WHEN LONG_FAILING THEN 'Failing' END,
        changed_at = CASE WHEN w.id IN (SELECT id FROM gone) OR LONG_FAILING THEN now() ELSE w.changed_at END
    WHERE w.disabled_at IS NULL AND w.id IN (SELECT id FROM failing UNION SELECT id FROM well UNION SELECT id FROM gone)
    RETURNING w.id, w.workspace_id, w.url, w.disabled_at, w.disabled_reason, NULL::bigint AS lead_id
),
hooks AS (
    UPDATE leads_leadwebhook AS w
    SET failing_since = CASE WHEN w.id IN (SELECT id FROM well) THEN NULL ELSE coalesce(w.failing_since, now()) END,
        disabled_at = CASE WHEN w.id IN (SELECT id FROM gone) OR LONG_FAILING THEN now() END,
        disabled_reason = CASE WHEN w.id IN (SELECT id FROM gone) THEN 'Gone' WHEN LONG_FAILING THEN 'Failing' END,
        changed_at = CASE WHEN w.id IN (SELECT id FROM gone) OR LONG_FAILING THEN now() ELSE w.changed_at END
    WHERE w.disabled_at IS NULL AND w.id IN (SELECT id FROM failing UNION SELECT id FROM well UNION SELECT id FROM gone)
    RETURNING w.id, w.workspace_id, w.url, w.disabled_at, w.disabled_reason, w.lead_id
)
SELECT id, workspace_id, url, disabled_reason, lead_id FROM endpoints WHERE disabled_at IS NOT NULL
UNION ALL
SELECT id, workspace_id, url, disabled_reason, lead_id FROM hooks WHERE disabled_at IS NOT NULL
