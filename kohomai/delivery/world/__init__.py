"""The world as automatic activities see it: what they may ask for, done for one situation."""

from __future__ import annotations

from kohomai.activities.services import Situation
from kohomai.delivery.world.calls import Calls
from kohomai.delivery.world.enrichment import Enrichment
from kohomai.delivery.world.mail import Mail
from kohomai.delivery.world.team import Team


class World:
    """All services for one run of an activity (``activities.services.Services``)."""

    def __init__(self, situation: Situation) -> None:
        self.mail = Mail(situation)
        self.team = Team(situation)
        self.calls = Calls(situation)
        self.enrichment = Enrichment(situation)
