-- New leads, one JSON array of rows. A lead that appeared meanwhile violates lead_email_unique: the caller
-- then reads again and tries anew.
INSERT INTO leads_lead (
    id, workspace_id, email, email_key, firstname, lastname, phone, phone_original, data, attribution, test,
    verified_at, merged_into_id, sequence, hash, created_at, changed_at
)
SELECT
    id, workspace_id, email, email_key, firstname, lastname, phone, phone_original, data, attribution, test,
    NULL, NULL, sequence, hash, changed_at, changed_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, workspace_id bigint, email text, email_key text, firstname text, lastname text, phone text,
    phone_original text, data jsonb, attribution jsonb, test boolean, sequence int, hash bytea,
    changed_at timestamptz
)
