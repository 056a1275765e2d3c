"""Commands that work on the database and print what they made."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from kohomai.engine.errors import Invalid
from kohomai.funnels import versions
from kohomai.site.failures import Refusal
from kohomai.workspaces import services as workspaces
from kohomai.workspaces.models import Workspace


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
