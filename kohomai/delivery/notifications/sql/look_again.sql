-- Look now at what a user is to be told of: they want to be told in another way, or are somebody else here.
WITH theirs AS (
    UPDATE delivery_notice SET due_at = now(), put_off = false
    WHERE workspace_id = %(workspace_id)s AND person = %(person)s
)
INSERT INTO delivery_notice (workspace_id, person, kind, events, count, since, due_at)
VALUES (%(workspace_id)s, %(person)s, 'activity_waiting', '{}', 0, now(), now())
ON CONFLICT (workspace_id, person, kind) DO NOTHING
