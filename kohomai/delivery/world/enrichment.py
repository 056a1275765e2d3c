"""Finding out about the lead of an activity."""

from __future__ import annotations

from collections.abc import Sequence

from kohomai.activities.services import Situation, Sought
from kohomai.delivery.enrichment.now import find_out


class Enrichment:
    """Asks the providers here and now, while the activity waits."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    def find_out(self, data_points: Sequence[int], providers: Sequence[str] | None) -> Sought:
        """Ask, as a run of its own; another try of the activity goes on with that."""
        situation = self._situation
        mark = f"activity-{situation.mark}"
        return Sought(*find_out(situation.workspace_id, situation.lead_id, data_points, providers, mark))
