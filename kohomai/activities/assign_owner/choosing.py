"""Whose turn it is: of those who are there and have room, whoever waited longest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kohomai.activities.services import Member

OWNING_ROLES = ("Administrator", "Manager")
"""Roles of users who can own a lead."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who it is, and whether it was their turn (rather than that they were named)."""

    member: Member
    in_turn: bool


def keeps(members: Sequence[Member], owner: object) -> Member | None:
    """The member who owns the lead already, if they still can."""
    if not isinstance(owner, str):
        return None
    return next((one for one in _owners(members) if one.email.casefold() == owner.casefold()), None)


def choose(members: Sequence[Member], user: int | None, role: str | None, *, anyone: bool) -> Choice | None:
    """The user named; or the one of the role whose turn it is: present, with room, and longest without a lead. Where
    there is none such, any of the role when ``anyone`` (those present first, then those with room)."""
    if user is not None:
        found = next((one for one in _owners(members) if one.id == user), None)
        return Choice(found, in_turn=False) if found else None
    having = [one for one in _owners(members) if one.role == role]
    able = [one for one in having if one.present and has_room(one)]
    if able:
        return Choice(min(able, key=lambda one: (one.turn, one.id)), in_turn=True)
    if anyone and having:
        order = sorted(having, key=lambda one: (not one.present, not has_room(one), one.turn, one.id))
        return Choice(order[0], in_turn=True)
    return None


def has_room(member: Member) -> bool:
    """Whether they take another lead."""
    return member.capacity is None or member.load < member.capacity


def _owners(members: Sequence[Member]) -> list[Member]:
    return [one for one in members if one.role in OWNING_ROLES]
