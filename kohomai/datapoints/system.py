"""The data points that are there in every workspace (the engine knows them too, and has the list)."""

from __future__ import annotations

from kohomai.engine.system import COMPUTED, ENRICHED, LEAD_FIELDS, SENDABLE, SYSTEM

__all__ = ["COMPUTED", "ENRICHED", "LEAD_FIELDS", "SENDABLE", "SYSTEM"]
