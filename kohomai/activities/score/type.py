"""Score: gives points for each condition that holds, and keeps why."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from kohomai.activities.base import BaseType, Number, Settings, Text, When
from kohomai.engine.conditions import evaluate
from kohomai.engine.errors import Fault
from kohomai.engine.types import Facts, Outcome
from kohomai.engine.values import ValueType, to_stored

SCORE = "Score"


class Rule(Settings):
    """So many points when the condition holds; fewer than none are taken away."""

    name: Annotated[Text, Field(min_length=1, max_length=200)]
    when: When
    points: Number


class ScoreSettings(Settings):
    """The rules, in order; what is there before any, and the bounds that the sum is kept within."""

    rules: Annotated[list[Rule], Field(min_length=1, max_length=200)]
    start: Number = Decimal(0)
    least: Number | None = None
    most: Number | None = None


class Score(BaseType[ScoreSettings]):
    """The sum goes into the data point ``Score`` and the result of the same name. What is not known gives no points."""

    name = "Score"
    model = ScoreSettings
    automatic = True
    results = {SCORE: ValueType.NUMBER}
    system_points = (SCORE,)

    def faults(self, settings: ScoreSettings) -> list[Fault]:
        """Bounds that leave no number."""
        if settings.least is not None and settings.most is not None and settings.least > settings.most:
            return [Fault("/Settings/Most", "WrongValue", "Most must not be less than Least.")]
        return []

    def run_pure(self, settings: ScoreSettings, facts: Facts) -> Outcome:
        """The score of what is known, and for each rule whether it held (``null``: not known) and what it gave."""
        total = settings.start
        shown: list[dict[str, Any]] = []
        for rule in settings.rules:
            holds = evaluate(rule.when, facts.data, facts.results, facts.now)
            given = rule.points if holds else Decimal(0)
            total += given
            shown.append({"Name": rule.name, "Holds": holds, "Points": to_stored(given)})
        score = total if settings.least is None else max(total, settings.least)
        score = score if settings.most is None else min(score, settings.most)
        explanation = {
            "Start": to_stored(settings.start),
            "Rules": shown,
            "Sum": to_stored(total),
            "Score": to_stored(score),
        }
        return Outcome(system={SCORE: score}, result={SCORE: score}, explanation=explanation)


TYPE = Score()
