-- How these users want to be told: those who are still there. One parameter: a JSON array of {workspace_id, user_id}.
SELECT
    m.workspace_id, m.user_id, u.email, u.firstname, u.lastname, m.role, m.notify, m.digest_at, m.quiet_from,
    m.quiet_until, m.time_zone
FROM jsonb_to_recordset(%s::jsonb) AS r (workspace_id bigint, user_id bigint)
JOIN workspaces_membership AS m ON m.workspace_id = r.workspace_id AND m.user_id = r.user_id
JOIN workspaces_user AS u ON u.id = m.user_id AND u.is_active
