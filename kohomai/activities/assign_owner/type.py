"""AssignOwner: gives the lead an owner, in turn, by condition, or by a list of territories."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from kohomai.activities.assign_owner.choosing import Choice, choose, keeps
from kohomai.activities.base import BaseType, Point, Settings, Text, When
from kohomai.activities.services import GivenUp, Services, Situation, TryAgain
from kohomai.engine.conditions import evaluate
from kohomai.engine.errors import Fault
from kohomai.engine.types import Outcome
from kohomai.engine.values import MAX_ID, ValueType

OWNER = "Owner"
LOOK_AGAIN = 300.0
"""Seconds after which it is looked again whether somebody is there."""

OwnersRole = Literal["Administrator", "Manager"]


class Target(Settings):
    """Who it is: one user by ``Id``, or the one of a role whose turn it is."""

    user: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    role: OwnersRole | None = None


class Rule(Settings):
    """Who it is when the condition holds."""

    name: Text | None = None
    when: When
    to: Target


class Territory(Settings):
    """Who it is for these values of the data point, without regard to case; ``80*`` is all that begins with 80."""

    name: Text | None = None
    values: Annotated[list[Annotated[Text, Field(min_length=1)]], Field(min_length=1, max_length=5_000)]
    to: Target

    @cached_property
    def _listed(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The values, and the beginnings; looked up for each lead, in lists that may be long."""
        folded = [one.casefold() for one in self.values]
        exact = frozenset(one for one in folded if not one.endswith("*"))
        return exact, tuple(one[:-1] for one in folded if one.endswith("*"))

    def holds(self, value: str) -> bool:
        """Whether ``value``, without regard to case, lies in it."""
        exact, beginnings = self._listed
        sought = value.casefold()
        return sought in exact or bool(sought and sought.startswith(beginnings))


class AssignOwnerSettings(Settings):
    """``Mode`` says how; ``Otherwise`` is who it is where no rule and no territory fits. ``Sticky``: a lead who has an
    owner already keeps them. ``WhenNobody`` of a role is present with room for a lead: any of the role, or wait."""

    mode: Literal["RoundRobin", "Conditions", "Territory"]
    role: OwnersRole | None = None
    rules: Annotated[list[Rule], Field(min_length=1, max_length=200)] | None = None
    data_point: Point | None = None
    territories: Annotated[list[Territory], Field(min_length=1, max_length=1_000)] | None = None
    otherwise: Target | None = None
    sticky: bool = True
    when_nobody: Literal["Anyone", "Wait"] = "Anyone"


_NEEDED = {
    "RoundRobin": (("Role", "role"),),
    "Conditions": (("Rules", "rules"),),
    "Territory": (("DataPoint", "data_point"), ("Territories", "territories")),
}


class AssignOwner(BaseType[AssignOwnerSettings]):
    """Fills the data point ``Owner`` with a user's e-mail; activities that fall to the owner are theirs then."""

    name = "AssignOwner"
    model = AssignOwnerSettings
    automatic = True
    results = {OWNER: ValueType.TEXT}
    system_points = (OWNER,)
    pauses = (1.0, 5.0, 30.0, 120.0, *(600.0,) * 140)

    def faults(self, settings: AssignOwnerSettings) -> list[Fault]:
        """What the mode needs and lacks, what belongs to another mode, and targets that are neither or both."""
        faults = []
        for mode, fields in _NEEDED.items():
            for shown, field in fields:
                there = getattr(settings, field) is not None
                if mode == settings.mode and not there:
                    faults.append(Fault(f"/Settings/{shown}", "Required", f"{shown} is missing."))
                if mode != settings.mode and there:
                    detail = f"{shown} does not belong to the mode {settings.mode}."
                    faults.append(Fault(f"/Settings/{shown}", "NotAllowed", detail))
        for pointer, target in _targets(settings):
            if (target.user is None) == (target.role is None):
                faults.append(Fault(f"/Settings/{pointer}", "Required", "Name either a User or a Role."))
        return faults

    def run(self, settings: AssignOwnerSettings, situation: Situation, services: Services) -> Outcome:
        """The owner, and how it came to them. Raises ``TryAgain`` while nobody is there, ``GivenUp`` where the one
        named is no user of the workspace any more."""
        members = services.team.members()
        owner = situation.texts["Data"].get(OWNER)
        if settings.sticky and (kept := keeps(members, owner)):
            return _outcome(kept.email, {"Because": "Sticky"})
        target, because = self._target(settings, situation)
        if target is None:
            return Outcome(explanation={**because, "Owner": None})
        found = choose(members, target.user, target.role, anyone=settings.when_nobody == "Anyone")
        if found is None and target.role is None:
            raise GivenUp(f"User {target.user} is no administrator or manager of the workspace.")
        if found is None:
            raise TryAgain(f"Nobody of the role {target.role} is present with room for a lead.", LOOK_AGAIN)
        if found.in_turn:
            services.team.take_turn(found.member.id)
        return _outcome(found.member.email, {**because, **_how(found)})

    def _target(
        self, settings: AssignOwnerSettings, situation: Situation
    ) -> tuple[Target | None, dict[str, Any]]:
        """Whom the settings lead to, and why."""
        facts = situation.facts
        for place, rule in enumerate(settings.rules or (), 1):
            if evaluate(rule.when, facts.data, facts.results, facts.now):
                return rule.to, {"Because": "Rule", "Rule": rule.name or str(place)}
        if settings.data_point is not None:
            value = str(facts.data.get(settings.data_point.id, ""))
            for place, territory in enumerate(settings.territories or (), 1):
                if territory.holds(value):
                    return territory.to, {"Because": "Territory", "Territory": territory.name or str(place)}
        if settings.mode == "RoundRobin":
            return Target.model_validate({"Role": settings.role}), {"Because": "Turn"}
        return settings.otherwise, {"Because": "Otherwise"}


def _targets(settings: AssignOwnerSettings) -> list[tuple[str, Target]]:
    targets = [(f"Rules/{place}/To", rule.to) for place, rule in enumerate(settings.rules or ())]
    targets += [(f"Territories/{place}/To", one.to) for place, one in enumerate(settings.territories or ())]
    return [*targets, ("Otherwise", settings.otherwise)] if settings.otherwise else targets


def _how(found: Choice) -> dict[str, Any]:
    return {"InTurn": found.in_turn, "Present": found.member.present, "Load": found.member.load}


def _outcome(email: str, explanation: dict[str, Any]) -> Outcome:
    return Outcome(system={OWNER: email}, result={OWNER: email}, explanation={**explanation, "Owner": email})


TYPE = AssignOwner()
