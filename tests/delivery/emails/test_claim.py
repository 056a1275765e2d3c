"""Taking mails: each by one worker at a time, for each workspace a few, never by reading all that waits.

The tests are the worker themselves, with the program's own at a standstill.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection

from kohomai.delivery.emails import rows as storage
from kohomai.delivery.emails.rows import BATCH, Claimed, claim
from tests.conftest import Workspace
from tests.delivery.support import rows, worker_paused
from tests.support.program import Program

WAITING = """
INSERT INTO delivery_email (workspace_id, kind, "to", subject, text, language, status, tries, next_at)
SELECT %s, 'loop', 'x' || n || '@corp.example', 's', 't', 'en', 'Waiting', 0, now() - make_interval(secs => %s + n)
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def paused(program: Program) -> Iterator[Program]:
    """The program, whose worker stands still, without any mail of before."""
    with worker_paused(program):
        rows(program.database_url, "DELETE FROM delivery_email WHERE status = 'Waiting'")
        yield program
        rows(program.database_url, "DELETE FROM delivery_email WHERE status = 'Waiting'")


def mine(batches: list[list[Claimed]]) -> list[int]:
    """The ids of what was taken."""
    return [mail.id for batch in batches for mail in batch]


def test_no_mail_is_taken_twice(paused: Program, workspace: Workspace, other_workspace: Workspace) -> None:
    for one in (workspace, other_workspace):
        rows(paused.database_url, WAITING, one.id, 0, 100)

    def work(_: int) -> list[int]:
        try:
            return [number for _ in range(10) for number in mine(claim(4, ()))]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        taken = [number for found in workers.map(work, range(4)) for number in found]
    assert len(taken) == len(set(taken)) == 200
    assert claim(4, ()) == []


def test_a_batch_is_of_one_workspace_and_the_longest_waiting_come_first(
    paused: Program, workspace: Workspace, other_workspace: Workspace
) -> None:
    rows(paused.database_url, WAITING, workspace.id, 0, 50)
    rows(paused.database_url, WAITING, other_workspace.id, 100, 3)
    (first,) = claim(1, ())
    assert {mail.workspace_id for mail in first} == {other_workspace.id}
    assert claim(4, [workspace.id]) == []
    (second,) = claim(4, ())
    assert {mail.workspace_id for mail in second} == {workspace.id}
    assert len(second) == BATCH


def rows_read(plan: dict[str, Any]) -> int:
    """How many rows the scans of a plan read, those they threw away too."""
    kept = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Relation Name" in plan else 0
    return int(kept * plan["Actual Loops"]) + sum(rows_read(part) for part in plan.get("Plans", ()))


def test_of_a_backlog_only_what_is_taken_is_read(
    paused: Program, workspace: Workspace, other_workspace: Workspace
) -> None:
    rows(paused.database_url, "ANALYZE delivery_email")  # the planner looked when nothing was waiting
    rows(paused.database_url, WAITING, workspace.id, 0, 20_000)
    rows(paused.database_url, WAITING, other_workspace.id, 0, 40)
    asked = {"workspaces": 2, "but": [], "batch": BATCH, "lease": 1}
    with psycopg.connect(paused.database_url) as connection:
        connection.execute(storage._BY_INDEX)
        ((plan,),) = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + storage._CLAIM, asked).fetchall()
        connection.rollback()
    assert rows_read(plan[0]["Plan"]) < 10 * BATCH
    assert len(mine(claim(2, ()))) == 2 * BATCH


def test_what_comes_late_changes_nothing_but_success(paused: Program, workspace: Workspace) -> None:
    rows(paused.database_url, WAITING, workspace.id, 0, 2)
    ((first, second),) = claim(1, ())
    # Their lease has run out, and another worker has them.
    rows(
        paused.database_url,
        "UPDATE delivery_email SET next_at = now() WHERE id IN (%s, %s)",
        first.id,
        second.id,
    )
    claim(1, ())
    storage.failed(first, "Too late")
    storage.give_back([first])
    storage.sent(second)
    sql = "SELECT status, tries, last_error, next_at > now() + interval '100 s' FROM delivery_email WHERE id = %s"
    assert rows(paused.database_url, sql, first.id) == [("Waiting", 0, None, True)]
    assert rows(paused.database_url, sql, second.id) == [("Sent", 1, None, None)]
