-- Leads whose program wants to be told of nothing any more; what was told is kept.
UPDATE leads_leadwebhook AS w
SET disabled_at = now(), disabled_reason = 'Asked', changed_at = now()
FROM jsonb_to_recordset(%s::jsonb) AS r (lead_id bigint)
WHERE w.lead_id = r.lead_id AND w.disabled_at IS NULL
