-- Leads as they now stand; their rows are locked by the caller.
UPDATE leads_lead AS l
SET firstname = r.firstname,
    lastname = r.lastname,
    phone = r.phone,
    owner = r.owner,
    phone_original = r.phone_original,
    data = r.data,
    attribution = r.attribution,
    test = r.test,
    sequence = r.sequence,
    hash = r.hash,
    changed_at = r.changed_at
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, firstname text, lastname text, phone text, owner text, phone_original text, data jsonb, attribution jsonb,
    test boolean, sequence int, hash bytea, changed_at timestamptz
)
WHERE l.id = r.id
