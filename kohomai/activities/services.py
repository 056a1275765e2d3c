"""What activity types may ask of the world. It is implemented above, and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Mail(Protocol):
    """Writes e-mails."""

    def write(self, *, kind: str, to: str, language: str, context: Mapping[str, Any], dedup: str) -> None:
        """Put an e-mail into the outbox, once for each ``dedup``."""
        ...


class Users(Protocol):
    """Knows the workspace's users."""

    def with_role(self, role: str) -> tuple[str, ...]:
        """E-mail addresses of the users who have this role."""
        ...


class Services(Protocol):
    """The world, as an automatic activity sees it while it runs."""

    mail: Mail
    users: Users
