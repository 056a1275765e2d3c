"""Commands that work on the database and print what they made."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from kohomai.delivery.database import AWAY
from kohomai.delivery.emails import bounces
from kohomai.engine.errors import Invalid, NotFound
from kohomai.funnels import versions
from kohomai.site.failures import Refusal
from kohomai.workspaces import services as workspaces
from kohomai.workspaces.models import Workspace

MAX_REPORT = 1024 * 1024
"""Bytes of a report that are read: what it brings back of the mail may be long."""
TEMPORARY = 75
"""Exit code that tells a mail server to try again later (EX_TEMPFAIL)."""


def create_workspace(name: str, email: str) -> None:
    """Make a workspace with its administrator and API key, and print them: they are shown this once.

    `Password` is null for somebody who has an account already. Raises Invalid.
    """
    made = workspaces.create_workspace(name=name, administrator_email=email)
    shown = {
        "Workspace": {"Id": made.workspace_id},
        "Administrator": {"Email": email, "Password": made.password},
        "ApiKey": made.api_key,
    }
    print(json.dumps(shown, indent=2))


def bounce(pipe: BinaryIO) -> int:
    """Note the report on a mail that was not delivered, of whatever workspace: its mark proves that it is ours.

    Always 0 but while the database is away: a mail server would send back what is refused, and nobody reads that.
    """
    raw = pipe.read(MAX_REPORT)
    while pipe.read(65_536):
        pass  # who pipes it wants to get rid of all of it
    try:
        row = bounces.note(None, bounces.read_report(raw))
    except (ValueError, NotFound) as refused:
        print(f"kohomai: left alone: {refused}", file=sys.stderr)
        return 0
    except AWAY as error:
        raise Refusal("The database cannot be reached: try again later.", code=TEMPORARY) from error
    print(f"mail {row.id}: {row.status}")
    return 0


def test_funnel(path: Path, workspace_id: int | None) -> int:
    """Run the tests that the definition in a file carries, on a simulated clock, and print what came of each.

    Its data points are those of the workspace (of the first one, unless one is named). Gives 0 when all pass, 1
    when one fails. Raises Refusal when the file cannot be read or the definition has faults.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from error
    if workspace_id is None:
        workspace_id = Workspace.objects.order_by("id").values_list("id", flat=True).first()
    if workspace_id is None or not Workspace.objects.filter(id=workspace_id).exists():
        raise Refusal("There is no such workspace; start Kohomai once, or name one with --workspace.")
    try:
        results = versions.try_document(workspace_id, document)
    except Invalid as refused:
        lines = "".join(f"\n  {fault.pointer}: {fault.detail}" for fault in refused.faults)
        raise Refusal(f"The definition in {path} has faults:{lines}") from refused
    for result in results:
        print(f"{'passed' if result.passed else 'FAILED'}  {result.name}")
        for problem in result.problems:
            print(f"        {problem}")
    failed = sum(not result.passed for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return int(failed > 0)
