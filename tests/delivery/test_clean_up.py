"""What has had its time is thrown away, and nothing else."""

from __future__ import annotations

import contextlib

from procrastinate.exceptions import AlreadyEnqueued

from kohomai.delivery import mail, tasks
from tests.conftest import Workspace
from tests.delivery.support import rows, until
from tests.support.program import Program


def fill(program: Program, workspace: Workspace) -> None:
    """One row of each kind that is old enough, and one that is not."""
    for age in ("40 days", "1 minute"):
        tail = f"now() - interval '{age}'"
        for sql in (
            "INSERT INTO workspaces_keptanswer (workspace_id, api_key_id, key, fingerprint, status, answer, created_at)"
            f" VALUES (%(w)s, %(w)s, 'key of {age}', '', 200, '', {tail})",
            "INSERT INTO lead_sessions_link (workspace_id, digest, mailed, verified, valid_until, created_at)"
            f" VALUES (%(w)s, sha256(('{age}' || %(w)s)::bytea), false, true, {tail}, {tail})",
            "INSERT INTO lead_sessions_signin (workspace_id, digest, verified, last_seen_at, created_at)"
            f" VALUES (%(w)s, sha256(('{age}' || %(w)s)::bytea), true, {tail}, {tail})",
            "INSERT INTO lead_sessions_helddata (workspace_id, lead_id, funnel_id, origin_id, valid_until, created_at)"
            f" VALUES (%(w)s, 1, 1, 1, {tail} + interval '2 hours', {tail})",
        ):
            rows(program.database_url, sql.replace("%(w)s", str(workspace.id)))


def left(program: Program, workspace: Workspace) -> dict[str, int]:
    """How many rows of each kind there are."""
    tables = ("workspaces_keptanswer", "lead_sessions_link", "lead_sessions_signin", "lead_sessions_helddata")
    return {
        table: rows(
            program.database_url, f"SELECT count(*) FROM {table} WHERE workspace_id = %s", workspace.id
        )[0][0]
        for table in tables
    }


def test_what_is_too_old_is_deleted(program: Program, workspace: Workspace) -> None:
    fill(program, workspace)
    assert set(left(program, workspace).values()) == {2}
    tasks.delete_old()
    assert set(left(program, workspace).values()) == {1}
    assert set(tasks.delete_old().values()) == {0}


def test_what_a_mail_said_is_forgotten_after_90_days(program: Program, workspace: Workspace) -> None:
    made = {}
    for status, age in (("Sent", 91), ("Sent", 89), ("Kept", 91), ("Waiting", 91)):
        number = mail.write(
            workspace.id, kind="confirm_data", to="a@b.example", context={"URL": "http://x.example"}
        )
        sql = (
            f"UPDATE delivery_email SET status = '{status}', next_at = now() + interval '1 day',"
            f" created_at = now() - interval '{age} days' WHERE id = {number}"
        )
        rows(program.database_url, sql)
        made[number] = (status, age)
    assert tasks.delete_old()["texts of mails"] == 2
    sql = "SELECT id, text = '' AND html IS NULL, subject <> '' FROM delivery_email WHERE workspace_id = %s"
    for number, forgotten, named in rows(program.database_url, sql, workspace.id):
        assert named
        assert forgotten == (made[number] in (("Sent", 91), ("Kept", 91))), made[number]


def test_procrastinate_carries_it(program: Program, workspace: Workspace) -> None:
    fill(program, workspace)
    with contextlib.suppress(AlreadyEnqueued):  # its own hour may have come
        tasks.clean_up.defer(timestamp=0)
    until(lambda: set(left(program, workspace).values()) == {1}, 45)
