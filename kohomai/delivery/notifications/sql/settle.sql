-- What is left to be told, and when it is looked at. One parameter: a JSON array of rows that are held.
UPDATE delivery_notice AS n
SET events = r.events, count = r.count, since = r.since, due_at = r.due_at, put_off = r.put_off
FROM jsonb_to_recordset(%s::jsonb) AS r (
    id bigint, events bigint[], count int, since timestamptz, due_at timestamptz, put_off boolean
)
WHERE n.id = r.id
