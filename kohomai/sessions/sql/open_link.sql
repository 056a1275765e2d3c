-- A link as it stands; looking at it changes nothing. A merged lead's link leads to the one that was kept.
SELECT
    link.id, link.workspace_id, coalesce(lead.merged_into_id, link.lead_id), link.email, link.journey_id,
    link.redirect_url, link.mailed, link.verified, link.held_data_id,
    CASE
        WHEN link.used_at IS NOT NULL THEN 'Used'
        WHEN link.valid_until <= %s THEN 'Expired'
        ELSE 'Good'
    END
FROM lead_sessions_link AS link
LEFT JOIN leads_lead AS lead ON lead.id = link.lead_id AND lead.workspace_id = link.workspace_id
WHERE link.digest = %s
