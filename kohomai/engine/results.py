"""What activities came to, as decisions and later activities read it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kohomai.engine.state import CANCELLED, COMPLETED, Activity, State
from kohomai.engine.types import Registry
from kohomai.engine.values import Value, from_stored


def last_results(
    state: State, registry: Registry, keys: Collection[str] | None = None
) -> tuple[dict[str, dict[str, Value]], dict[str, datetime]]:
    """Results, typed, by activity key, and when each was given: of the last visit, the latest attempt, when that is
    completed. Of the activities ``keys``, or of all."""
    results: dict[str, dict[str, Value]] = {}
    completed: dict[str, datetime] = {}
    if keys is not None and not keys:
        return results, completed
    last: dict[str, Activity] = {}
    for row in state.activities:
        before = last.get(row.key)
        wanted = keys is None or row.key in keys
        if wanted and (before is None or row.visit > before.visit or row.status != CANCELLED):
            last[row.key] = row
    for key, row in last.items():
        if row.status == COMPLETED and row.result and row.ended_at:
            types = registry[row.type].results
            results[key] = {
                name: from_stored(types[name], value) for name, value in row.result.items() if name in types
            }
            completed[key] = row.ended_at
    return results, completed
