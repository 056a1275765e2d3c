"""Enrichment: whom to find out about, by whom, in which order, and what came of it."""

from __future__ import annotations

from kohomai.delivery.enrichment.desk import Desk
from kohomai.delivery.enrichment.runs import plan

__all__ = ["Desk", "plan"]
