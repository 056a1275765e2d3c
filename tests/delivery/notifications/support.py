"""What the tests of notices share: the outbox, the rows that wait to be looked at, and moving their time on."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.conftest import Workspace
from tests.delivery.support import AUTOMATIC, rows, told, until
from tests.support.program import Program

LEAD = {"Kind": "Lead"}


def accept(name: str, assignee: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A text to accept, for somebody."""
    settings = {"Text": "These are the terms."}
    return {
        "Key": key(name),
        "Type": "Accept",
        "Name": name,
        "Assignee": assignee,
        "Settings": settings,
        **more,
    }


def approve(name: str, assignee: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Something to approve, for somebody."""
    return {"Key": key(name), "Type": "Approval", "Name": name, "Assignee": assignee, "Settings": {}, **more}


def assign(user: dict[str, Any]) -> dict[str, Any]:
    """Gives the lead an owner; the key is ``owner``."""
    rule = {"When": {"DataPoint": "Email", "Operator": "IsKnown"}, "To": {"User": user["Id"]}}
    return {
        "Key": "owner",
        "Type": "AssignOwner",
        "Name": "Owner",
        "Assignee": AUTOMATIC,
        "Settings": {"Mode": "Conditions", "Rules": [rule]},
    }


def key(name: str) -> str:
    """The key of an activity of this name."""
    return re.sub("[^a-z]+", "-", name.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Row:
    """What somebody is to be told of."""

    person: str
    kind: str
    events: int
    due_at: datetime
    put_off: bool


@dataclass(frozen=True, slots=True)
class Notices:
    """One workspace's, seen from outside."""

    program: Program
    workspace: Workspace
    api: httpx.Client

    def mails(self, *kinds: str) -> list[dict[str, Any]]:
        """The outbox, oldest first: of these kinds, or all of it."""
        found = told(self.api.get("emails", params={"limit": 200}))["Items"]
        return [mail for mail in found if not kinds or mail["Kind"] in kinds]

    def wait(self, *kinds: str, count: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Wait until there are so many mails of these kinds."""
        return until(
            lambda: len(found := self.mails(*kinds)) >= count and found, seconds, f"{count} of {kinds}"
        )

    def rows(self, **only: str) -> list[Row]:
        """What is to be told of, by person and kind."""
        sql = (
            "SELECT person, kind, cardinality(events), due_at, put_off FROM delivery_notice"
            " WHERE workspace_id = %s ORDER BY person, kind"
        )
        found = [Row(*row) for row in rows(self.program.database_url, sql, self.workspace.id)]
        return [row for row in found if all(getattr(row, name) == value for name, value in only.items())]

    def row(self, **only: str) -> Row:
        """The one that there is to be."""
        found = until(lambda: self.rows(**only), what=f"a row {only}")
        assert len(found) == 1, found
        return found[0]

    def no_rows(self, **only: str) -> None:
        """Wait until nothing is to be told of any more."""
        until(lambda: not self.rows(**only), what="all looked at")

    def put_off(self, **only: str) -> Row:
        """The one row there is to be, once it was looked at and put off (what is being looked at is leased for less
        than a minute)."""

        def found() -> bool:
            row = self.row(**only)
            return row.put_off and row.due_at > datetime.now(UTC) + timedelta(minutes=2)

        until(found, what=f"{only} put off")
        return self.row(**only)

    def pass_time(self, back: timedelta = timedelta(0)) -> None:
        """The time at which all of it is looked at has come, as if it had begun so long ago."""
        sql = (
            "UPDATE delivery_notice SET since = since - %s, due_at = now(), put_off = false"
            " WHERE workspace_id = %s"
        )
        rows(self.program.database_url, sql + " RETURNING id", back, self.workspace.id)

    def relayed(self) -> None:
        """Wait until the relay has read everything that has happened so far."""
        (last,) = rows(self.program.database_url, "SELECT max(id) FROM journeys_event")
        sql = (
            "SELECT 1 FROM delivery_relaymark m JOIN journeys_event e ON e.id = %s"
            " WHERE (m.xid, m.event_id) >= (e.xid, e.id)"
        )
        until(lambda: rows(self.program.database_url, sql, last[0]), what="the relay")

    def user(self, role: str = "Manager", **changes: Any) -> dict[str, Any]:
        """Somebody new of the team."""
        email = f"{secrets.token_hex(6)}@team.example"
        made = told(self.api.post("users", json={"Email": email, "Role": role}))
        return self.change(made, **changes) if changes else made

    def change(self, user: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Change how they are told; the user then."""
        return told(self.api.patch(f"users/{user['Id']}", json=changes))


def noon() -> tuple[str, Callable[[int], str]]:
    """A zone in which it is about noon now, and the time of the day there so many hours from now."""
    hours = 12 - datetime.now(UTC).hour
    zone = f"Etc/GMT{'-' if hours >= 0 else '+'}{abs(hours)}"
    shown = datetime.now(UTC) + timedelta(hours=hours)
    return zone, lambda later: (shown + timedelta(hours=later)).strftime("%H:%M")


def iso(moment: datetime) -> str:
    """A moment as the API has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
