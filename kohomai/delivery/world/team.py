"""The workspace's users as owners of leads."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from kohomai.activities.services import Member, Situation
from kohomai.workspaces.sql import statement

_MEMBERS = statement(__file__, "members")
_TAKE_TURN = (
    "UPDATE workspaces_membership SET turn = 1 + (SELECT max(turn) FROM workspaces_membership WHERE workspace_id = %s)"
    " WHERE workspace_id = %s AND user_id = %s"
)


class Team:
    """Asked in the transaction that gives the lead away: until it ends, nobody else gives any of these a lead."""

    def __init__(self, situation: Situation) -> None:
        self._workspace_id = situation.workspace_id

    def members(self) -> Sequence[Member]:
        """All who can own a lead, locked; their loads are counted up to their capacities."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM workspaces_membership WHERE workspace_id = %s ORDER BY id FOR NO KEY UPDATE",
                [self._workspace_id],
            )
            cursor.execute(_MEMBERS, {"workspace": self._workspace_id})
            return [Member(*row) for row in cursor.fetchall()]

    def take_turn(self, member_id: int) -> None:
        """All others come before this one."""
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_TURN, [self._workspace_id, self._workspace_id, member_id])
