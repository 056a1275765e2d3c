"""The data points that are there in every workspace (the table is the engine's, which activity types read too)."""

from __future__ import annotations

from kohomai.engine.system import COMPUTED, ENRICHED, LEAD_FIELDS, SENDABLE, SYSTEM

__all__ = ["COMPUTED", "ENRICHED", "LEAD_FIELDS", "SENDABLE", "SYSTEM"]
