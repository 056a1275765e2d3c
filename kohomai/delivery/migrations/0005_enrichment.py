"""Runs of enrichment have a table among the data points: one row for a lead, which goes from provider to provider."""

from django.db import migrations

CARRY_OVER = """
INSERT INTO datapoints_enrichment (
    workspace_id, lead_id, mark, cause, sought, remaining, provider, anew, status, tries, next_at
)
SELECT DISTINCT ON (r.event_id)
    r.workspace_id, r.lead_id, 'event-' || r.event_id, 'Registered', p.ids, p.ids, r.provider, false, 'Waiting', 0, now()
FROM delivery_enrichmentrun AS r
JOIN journeys_event AS e ON e.id = r.event_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id::bigint), '{}') AS ids
    FROM jsonb_array_elements_text(coalesce(e.payload -> 'Pending', '[]')) AS x (id)
) AS p
WHERE r.status = 'Waiting'
ORDER BY r.event_id, r.id
ON CONFLICT (mark) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0004_notifications"),
        ("datapoints", "0002_providers"),
        ("journeys", "0001_spine"),
    ]

    operations = [
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.DeleteModel(name="EnrichmentRun"),
    ]
