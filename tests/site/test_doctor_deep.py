"""`kohomai doctor --deep` names each kind of damage. It is done on purpose, by SQL, in a workspace of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from kohomai.datapoints import services as datapoints
from kohomai.delivery import relay
from kohomai.funnels import origins, versions
from kohomai.funnels import services as funnels
from kohomai.journeys.actors import Actor
from kohomai.registration.collector import register
from kohomai.registration.intake import Context, read
from kohomai.site.doctor_deep import Finding, check, findings
from kohomai.workspaces.services import settings
from tests.conftest import Workspace
from tests.delivery.support import form, set_data, stage, until, worker_paused
from tests.support.program import Program

TABLES = (
    "leads_lead", "leads_leadwebhook", "journeys_journey", "journeys_activity", "journeys_event",
    "delivery_activityrun", "delivery_webhookdelivery", "delivery_email",
)  # fmt: skip
HOOK = {"URL": "http://127.0.0.1:9/hook"}


@dataclass(frozen=True, slots=True)
class World:
    """A workspace with a funnel, and a lead in it who has a form to fill in and a webhook to be told."""

    program: Program
    workspace: int
    context: Context
    lead: int
    journey: int

    def sql(self, statement: str, **arguments: Any) -> list[tuple[Any, ...]]:
        """Run a statement; it may name ``%(lead)s``, ``%(journey)s`` and ``%(workspace)s``."""
        known = {"lead": self.lead, "journey": self.journey, "workspace": self.workspace}
        with connection.cursor() as cursor:
            cursor.execute(statement, {**known, **arguments})
            return cursor.fetchall() if cursor.description else []

    def found(self) -> list[Finding]:
        """What the doctor finds in the workspace."""
        return list(findings(self.workspace))

    def register(self) -> tuple[int, int]:
        """One more lead; the ids of lead and journey."""
        body = {"Email": f"{secrets.token_hex(6)}@corp.example", "WebhookInput": HOOK}
        outcome = register(read(body, self.context))
        assert outcome.lead is not None
        assert outcome.journey is not None
        return outcome.lead.id, outcome.journey.row.id  # type: ignore[attr-defined]


@pytest.fixture
def world(program: Program, workspace: Workspace) -> Iterator[World]:
    """All is well in it; what a test breaks is thrown away afterwards."""
    for name in ("Segment", "Answer"):
        datapoints.create(workspace.id, name=name, type="Text")
    funnel = funnels.create(workspace.id, name="Funnel").id
    end = {"Type": "End", "Name": "Won", "Outcome": "Converted"}
    nodes = {"first": stage(form(DueIn="P1D"), set_data(Required=False)), "won": end}
    document = {"Name": "Funnel", "Reentry": "WhenEnded", "Start": "first", "Nodes": nodes}
    funnels.save_draft(workspace.id, funnel, document, revision=None)
    versions.publish(workspace.id, funnel, actor={"Kind": "System"})
    origin = origins.api_origin_of(workspace.id, funnel)
    context = Context(settings(workspace.id), origin, "API", Actor("Key", 1))
    empty = World(program, workspace.id, context, 0, 0)
    made = World(program, workspace.id, context, *empty.register())
    done = "SELECT 1 FROM journeys_activity WHERE journey_id = %(journey)s AND key = 'set' AND status = 'Completed'"
    until(lambda: made.sql(done))
    told = (
        "SELECT 1 FROM journeys_event AS e WHERE e.lead_id = %(lead)s AND NOT EXISTS ("
        " SELECT FROM delivery_webhookdelivery AS d WHERE d.event_id = e.id)"
    )
    until(lambda: not made.sql(told))
    yield made
    for table in TABLES:
        made.sql(f"DELETE FROM {table} WHERE workspace_id = %(workspace)s")


def test_nothing_is_found_where_all_is_well(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.found() == []
    assert check(workspace_id=world.workspace) == 0
    assert "hold" in capsys.readouterr().out


FORM = "WHERE journey_id = %(journey)s AND key = 'form'"
DAMAGE = {
    "a lead is gone": ("DELETE FROM leads_lead WHERE id = %(lead)s", 1, "journeys_journey", "lead"),
    "a journey is gone": ("DELETE FROM journeys_journey WHERE id = %(journey)s", 1, "journeys_activity", "not there"),
    "an activity is gone": (
        f"DELETE FROM journeys_activity {FORM}", 1, "journeys_journey", "no row",
    ),
    "a journey's events are gone": (
        "DELETE FROM journeys_event WHERE journey_id = %(journey)s", 1, "journeys_journey", "half there",
    ),
    "a lead's events are gone": (
        "DELETE FROM journeys_event WHERE lead_id = %(lead)s AND journey_id IS NULL", 1, "leads_lead", "half there",
    ),
    "an activity of another workspace": (
        "UPDATE journeys_activity SET journey_id = %(other)s, attempt = 9"
        " WHERE journey_id = %(journey)s AND key = 'set'",
        1, "journeys_activity", "another workspace",
    ),
    "a journey stands elsewhere": (
        "UPDATE journeys_journey SET node = 'won' WHERE id = %(journey)s", 3, "journeys_journey", "node",
    ),
    "a journey has another outcome": (
        "UPDATE journeys_journey SET outcome = 'Converted' WHERE id = %(journey)s", 3, "journeys_journey", "outcome",
    ),
    "data was lost": (
        "UPDATE journeys_journey SET data = '{}' WHERE id = %(journey)s", 3, "journeys_journey", "data",
    ),
    "the clock was lost": (
        "UPDATE journeys_journey SET wake_at = NULL WHERE id = %(journey)s", 3, "journeys_journey", "wake_at",
    ),
    "an activity has another state": (
        f"UPDATE journeys_activity SET status = 'Skipped' {FORM}",
        3, "journeys_activity", "status",
    ),
    "an activity falls to somebody else": (
        "UPDATE journeys_activity SET assignee = jsonb_build_object('Kind', 'User', 'Id', 1) " + FORM,
        3, "journeys_activity", "assignee",
    ),
    "an activity that no event made": (
        "INSERT INTO journeys_activity (workspace_id, journey_id, node, key, type, name, visit, attempt, status,"
        " assignee, detail)"
        " SELECT workspace_id, journey_id, node, key, type, name, visit, 7, 'Blocked', assignee, detail"
        " FROM journeys_activity " + FORM,
        3, "journeys_activity", "not in its journey's events",
    ),
    "a payload was changed": (
        "UPDATE journeys_event SET payload = jsonb_set(payload, '{Name}', '\"Other\"')"
        " WHERE journey_id = %(journey)s AND sequence = 2",
        3, "journeys_event", "payload",
    ),
    "a hash was changed": (
        "UPDATE journeys_event SET hash = sha256(hash) WHERE journey_id = %(journey)s AND sequence = 2",
        3, "journeys_event", "hash",
    ),
    "a time was changed": (
        "UPDATE journeys_event SET at = at + interval '1 hour' WHERE lead_id = %(lead)s AND journey_id IS NULL",
        3, "journeys_event", "hash",
    ),
    "an event in the middle is gone": (
        "DELETE FROM journeys_event WHERE journey_id = %(journey)s AND sequence = 3", 3, "journeys_event", "sequence 4",
    ),
    "the last event is gone": (
        "DELETE FROM journeys_event WHERE id = (SELECT max(id) FROM journeys_event WHERE journey_id = %(journey)s)",
        3, "journeys_journey", "sequence",
    ),
    "a lead forgot its last event": (
        "UPDATE leads_lead SET sequence = sequence + 1 WHERE id = %(lead)s", 3, "leads_lead", "sequence",
    ),
    "a finished journey with something open": (
        "UPDATE journeys_journey SET status = 'Stopped' WHERE id = %(journey)s", 4, "journeys_activity", "though",
    ),
    "nothing can ever happen": (
        "WITH a AS (UPDATE journeys_activity SET status = 'Blocked' WHERE journey_id = %(journey)s)"
        " UPDATE journeys_journey SET wake_at = NULL WHERE id = %(journey)s",
        4, "journeys_journey", "stuck",
    ),
    "a delivery is gone": (
        "DELETE FROM delivery_webhookdelivery"
        " WHERE event_id = (SELECT min(id) FROM journeys_event WHERE lead_id = %(lead)s)",
        6, "journeys_event", "no delivery",
    ),
    "a delivery in no state": (
        "UPDATE delivery_webhookdelivery SET status = 'Odd' WHERE lead_id = %(lead)s", 6, "journeys_event", "Odd",
    ),
    "a delivery of no event": (
        "UPDATE delivery_webhookdelivery SET event_id = -1 WHERE event_id = ("
        "SELECT min(id) FROM journeys_event WHERE journey_id = %(journey)s)",
        6, "delivery_webhookdelivery", "not there",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(world: World, damage: str) -> None:
    statement, invariant, table, fragment = DAMAGE[damage]
    arguments = {"other": _journey_elsewhere(world)} if "%(other)s" in statement else {}
    with worker_paused(world.program):
        world.sql(statement, **arguments)
        found = world.found()
        world.sql("DELETE FROM journeys_journey WHERE workspace_id = -1")
    matching = [
        one for one in found if one.invariant == invariant and one.table == table and fragment in one.detail
    ]
    assert matching, "\n".join(map(str, found))


def _journey_elsewhere(world: World) -> int:
    """The id of a journey of another workspace, made up."""
    made = world.sql(
        "INSERT INTO journeys_journey (workspace_id, lead_id, funnel_id, version, status, exclusive, data, engine,"
        " attribution, test, sequence, hash, created_at, changed_at)"
        " SELECT -1, lead_id, -1, version, 'Stopped', exclusive, data, engine, attribution, test, 0, '', now(), now()"
        " FROM journeys_journey WHERE id = %(journey)s RETURNING id"
    )
    return int(made[0][0])


def test_two_leads_of_one_address(world: World) -> None:
    world.sql("ALTER TABLE leads_lead DROP CONSTRAINT lead_email_unique")
    try:
        world.sql(
            "INSERT INTO leads_lead (workspace_id, email, email_key, data, attribution, test, sequence, hash,"
            " created_at, changed_at)"
            " SELECT workspace_id, upper(email), email_key, data, attribution, test, 0, '', created_at, changed_at"
            " FROM leads_lead WHERE id = %(lead)s"
        )
        found = world.found()
        assert [one for one in found if one.invariant == 2 and "2 leads" in one.detail], found
    finally:
        world.sql("DELETE FROM leads_lead WHERE workspace_id = %(workspace)s AND id <> %(lead)s")
        world.sql("ALTER TABLE leads_lead ADD CONSTRAINT lead_email_unique UNIQUE (workspace_id, email_key)")


def test_two_running_journeys(world: World) -> None:
    _, other = world.register()
    (made,) = world.sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'journey_one_running'")
    world.sql("DROP INDEX journey_one_running")
    try:
        world.sql("UPDATE journeys_journey SET lead_id = %(lead)s WHERE id = %(second)s", second=other)
        found = world.found()
        assert [one for one in found if one.invariant == 2 and "2 running" in one.detail], found
    finally:
        world.sql("DELETE FROM journeys_journey WHERE id = %(second)s", second=other)
        world.sql(made[0])


def test_completed_twice(world: World) -> None:
    world.sql(
        "INSERT INTO journeys_event (workspace_id, lead_id, journey_id, sequence, type, at, payload, salt, digest,"
        " hash) SELECT e.workspace_id, e.lead_id, e.journey_id, j.sequence + 1, e.type, e.at, e.payload, e.salt,"
        " e.digest, e.hash"
        " FROM journeys_event AS e JOIN journeys_journey AS j ON j.id = e.journey_id"
        " WHERE e.journey_id = %(journey)s AND e.type = 'activity.completed'"
    )
    found = world.found()
    assert [one for one in found if one.invariant == 5 and "completed 2 times" in one.detail], found


def test_an_automatic_activity_that_nobody_will_run(world: World) -> None:
    with worker_paused(world.program):
        _, journey = world.register()
        assert world.found() == []  # its event has not been relayed yet
        while relay.step().events:
            pass
        assert world.found() == []  # its row waits
        kept = "UPDATE delivery_activityrun SET status = %(status)s WHERE journey_id = %(second)s"
        world.sql(kept, status="Done", second=journey)
        found = world.found()
        world.sql(kept, status="Waiting", second=journey)
    assert [one for one in found if one.invariant == 4 and "nothing will run it" in one.detail], found


def test_what_was_erased_is_no_damage(world: World) -> None:
    world.sql("UPDATE journeys_event SET payload = NULL, salt = NULL WHERE lead_id = %(lead)s")
    assert world.found() == []


def test_acknowledged_but_missing(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "acknowledged"
    (activity,) = world.sql(
        "SELECT id FROM journeys_activity WHERE journey_id = %(journey)s AND key = 'form'"
    )
    lines.write_text(
        f'{world.lead}\n{world.lead} {world.journey}\n\n{{"Lead": {world.lead}, "Journey": {world.journey}}}\n'
    )
    assert list(findings(world.workspace, lines)) == []
    lines.write_text(f'987654321\n{world.lead},987654322\n{{"Completed": {activity[0]}}}\n')
    assert check(lines, world.workspace) == 1
    said = capsys.readouterr().out
    assert "1. leads_lead 987654321: was acknowledged and is not there" in said
    assert "1. journeys_journey 987654322: was acknowledged and is not there" in said
    assert f"1. journeys_activity {activity[0]}: was acknowledged as completed and is InProgress" in said
    assert "3 findings" in said
    lines.write_text("something else\n")
    with pytest.raises(ValueError, match="invalid literal"):
        list(findings(world.workspace, lines))
