"""Whom a mail is for: leads, users of the back-office, addresses; and who the members of workspaces are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from kohomai.workspaces.models import Membership

MAX_OF_ROLE = 200
"""Members of one role who are told at most."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to: a lead, a user of the back-office, or just an address (a stakeholder)."""

    workspace_id: int
    email: str
    lead_id: int | None = None
    user_id: int | None = None

    @property
    def mark(self) -> str:
        """What stands for the person in ``dedup``, without their address."""
        if self.lead_id is not None:
            return f"lead-{self.lead_id}"
        if self.user_id is not None:
            return f"user-{self.workspace_id}-{self.user_id}"
        return "address-" + sha256(f"{self.workspace_id}:{self.email.lower()}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Member:
    """A user of a workspace and their role there."""

    person: Person
    role: str


class Members:
    """The members of a few workspaces, read at once."""

    def __init__(self, workspace_ids: Collection[int]) -> None:
        rows = (
            Membership.objects.filter(workspace_id__in=workspace_ids, user__is_active=True)
            .order_by("id")
            .values_list("workspace_id", "user_id", "user__email", "role")
        )
        self._members = [
            Member(Person(workspace_id, email, user_id=user_id), role)
            for workspace_id, user_id, email, role in rows
        ]

    def of_role(self, workspace_id: int, role: str) -> list[Person]:
        """Those who have the role in the workspace."""
        found = [m.person for m in self._members if m.person.workspace_id == workspace_id and m.role == role]
        return found[:MAX_OF_ROLE]
