SELECT lead.id, lead.firstname, lead.lastname, journey.redirect_url
FROM journeys_journey AS journey
JOIN leads_lead AS own ON own.id = journey.lead_id
JOIN leads_lead AS lead ON lead.id = coalesce(own.merged_into_id, own.id)
WHERE journey.id = %s AND journey.workspace_id = %s
