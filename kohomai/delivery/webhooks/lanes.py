"""Which deliveries share places: those of one endpoint; of leads' own webhooks, those of one workspace and host."""

from __future__ import annotations

LANE_OF_LEAD_WEBHOOK = (
    "-1 - (hashtextextended(w.workspace_id || ' ' || lower(substring(w.url FROM '^[^:]+://[^/?#]+')), 0)"
    " & 4503599627370495)"
)
"""In SQL, of a lead's webhook ``w``; an endpoint's is its ``id``."""
