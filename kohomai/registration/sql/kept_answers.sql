-- For each Idempotency-Key of the batch: whether this transaction has it now, and what was answered before.
SELECT a.n, a.locked, k.fingerprint, k.status, k.answer
FROM (
    SELECT r.*, pg_try_advisory_xact_lock(r.lock) AS locked
    FROM jsonb_to_recordset(%s::jsonb) AS r (n int, api_key_id bigint, key text, lock bigint)
) AS a
LEFT JOIN workspaces_keptanswer AS k ON k.api_key_id = a.api_key_id AND k.key = a.key
    AND k.created_at > now() - interval '24 hours'
