-- The upload that was left alone for longest, of those about which something is to be done; nobody else has it now.
-- One that comes after it and is the directory already outdoes it.
SELECT
    id, workspace_id, status, encoding, separator, columns::text, size, position, line, imported, faulty,
    EXISTS (
        SELECT FROM leads_directoryupload AS n
        WHERE n.workspace_id = u.workspace_id AND n.id > u.id AND n.status = 'Done'
    ) AS outdone
FROM leads_directoryupload AS u
WHERE todo
ORDER BY changed_at
LIMIT 1
FOR UPDATE SKIP LOCKED
