"""Who did something to a journey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: ``kind`` is Key, User, Lead, Stakeholder or System; ``id`` is theirs, where they have one.

    A secret key and the system may do everything; a user what their role allows; a lead or stakeholder
    only what is assigned to them (``email`` is theirs).
    """

    kind: str
    id: int | None = None
    email: str | None = None
    role: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As events keep it: no address in it, since events outlive erasure."""
        return {"Kind": self.kind} if self.id is None else {"Kind": self.kind, "Id": self.id}

    @property
    def source(self) -> str:
        """The source that a value given by this actor bears."""
        return {"Key": "API", "User": "User", "System": "Activity"}.get(self.kind, self.kind)


SYSTEM = Actor("System")
