"""Automatic activities are taken in turns: what waits for a service that hangs holds up nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kohomai.delivery import runs
from kohomai.delivery.runs import HANDS_OF_LANE, HANDS_OF_WORKSPACE, claim
from tests.conftest import Workspace
from tests.delivery.emails.test_claim import rows_read
from tests.delivery.support import rows, worker_paused
from tests.support.program import Program

PUT = """
INSERT INTO delivery_activityrun
    (workspace_id, lane, journey_id, lead_id, key, visit, attempt, run, status, tries, next_at)
SELECT %s, %s, -id, 0, 'a', 1, 1, 0, 'Waiting', 0,
    now() - interval '1 hour' + make_interval(secs => id / 1000.0)
FROM generate_series(%s::bigint, %s::bigint) AS r (id)
"""


class Waiting:
    """Rows of work of no journey, made for a test."""

    def __init__(self, program: Program) -> None:
        self.url = program.database_url
        self.next = 1

    def put(self, workspace: Workspace, lane: str, many: int) -> None:
        """So many in a lane, due for about an hour."""
        rows(self.url, PUT, workspace.id, lane, self.next, self.next + many - 1)
        self.next += many


@pytest.fixture
def waiting(program: Program) -> Iterator[Waiting]:
    with worker_paused(program):
        yield Waiting(program)
        rows(program.database_url, "DELETE FROM delivery_activityrun WHERE journey_id < 0")


def taken(limit: int = 50, busy: dict[Any, int] | None = None) -> Counter[tuple[int, str]]:
    """What is taken: how many of which workspace's lane."""
    return Counter((run.workspace_id, run.lane) for run in claim(limit, busy) if run.journey_id < 0)


def test_of_what_calls_somebody_no_more_is_taken_than_there_are_hands(
    waiting: Waiting, workspace: Workspace, other_workspace: Workspace
) -> None:
    waiting.put(workspace, "call", 100)
    waiting.put(other_workspace, "call", 100)
    mine, theirs = (workspace.id, "call"), (other_workspace.id, "call")
    assert taken() == {mine: HANDS_OF_LANE, theirs: HANDS_OF_LANE}
    assert taken(busy={mine: HANDS_OF_LANE, (workspace.id,): HANDS_OF_LANE, theirs: 4}) == {theirs: 2}
    assert taken(busy={(workspace.id,): HANDS_OF_WORKSPACE}) == {theirs: HANDS_OF_LANE}
    assert taken(busy={(): runs.HANDS}) == {}


def test_lanes_take_turns_however_much_waits_in_one(
    waiting: Waiting, workspace: Workspace, other_workspace: Workspace
) -> None:
    waiting.put(workspace, "", 500)
    waiting.put(workspace, "call", 500)
    waiting.put(other_workspace, "", 5)
    assert taken() == {(workspace.id, ""): 39, (workspace.id, "call"): 6, (other_workspace.id, ""): 5}


def test_they_are_run_in_their_turns(
    waiting: Waiting, workspace: Workspace, other_workspace: Workspace
) -> None:
    waiting.put(workspace, "", 100)
    waiting.put(other_workspace, "", 3)
    order = [run.workspace_id for run in claim(50) if run.journey_id < 0]
    mine, theirs = workspace.id, other_workspace.id
    assert order == [mine, theirs] * 3 + [mine] * 44


def test_a_backlog_is_not_read_to_take_from_it(
    program: Program, waiting: Waiting, workspace: Workspace, other_workspace: Workspace
) -> None:
    rows(program.database_url, "ANALYZE delivery_activityrun")  # the planner looked when nothing was waiting
    waiting.put(workspace, "call", 20_000)
    waiting.put(workspace, "", 20_000)
    waiting.put(other_workspace, "", 3)
    asked = {
        "limit": 50, "lease": 1, "free": 24, "free_of_workspace": 12, "free_of_lane": 6, "workspaces": [workspace.id],
        "workspaces_free": [0], "lane_workspaces": [workspace.id], "lanes": ["call"], "lanes_free": [0],
    }  # fmt: skip
    with psycopg.connect(program.database_url) as connection:
        connection.execute(runs._BY_INDEX)
        ((plan,),) = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + runs._CLAIM, asked).fetchall()
        connection.rollback()
    assert rows_read(plan[0]["Plan"]) < 500
    assert taken(busy={(workspace.id,): 12})[other_workspace.id, ""] == 3
