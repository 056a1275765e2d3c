"""Commands that work on the database and print what they made."""

from __future__ import annotations

import json

from kohomai.workspaces import services as workspaces


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
