"""Whom a mail is for: the persons behind assignees, and a workspace's managers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kohomai.workspaces.models import Membership, Role

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

    def managers(self, workspace_id: int) -> list[Person]:
        """Who is told when something needs a manager: the managers, the administrators where there are none."""
        return self.of_role(workspace_id, Role.MANAGER) or self.of_role(workspace_id, Role.ADMINISTRATOR)

    def user(self, workspace_id: int, user_id: int) -> Person | None:
        """The member with this user's ``Id``."""
        for member in self._members:
            if member.person.workspace_id == workspace_id and member.person.user_id == user_id:
                return member.person
        return None

    def address(self, workspace_id: int, email: str) -> Person:
        """The member with this address, else just the address."""
        for member in self._members:
            if member.person.workspace_id == workspace_id and member.person.email.lower() == email.lower():
                return member.person
        return Person(workspace_id, email)


def persons(
    assignee: Mapping[str, Any], workspace_id: int, lead: tuple[int, str], members: Members
) -> Iterable[Person]:
    """The persons an activity falls to; none where nobody is known yet. ``lead`` is its lead's ``Id`` and e-mail."""
    match assignee.get("Kind"):
        case "Lead":
            return [Person(workspace_id, lead[1], lead_id=lead[0])]
        case "User":
            user = members.user(workspace_id, assignee.get("Id") or 0)
            return [user] if user else []
        case "Role":
            return members.of_role(workspace_id, assignee.get("Role") or "")
        case "Stakeholder" | "Owner" if assignee.get("Email"):
            return [members.address(workspace_id, assignee["Email"])]
    return []
