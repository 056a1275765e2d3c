"""Commands that work on the database and print what they made."""

from __future__ import annotations

import json
from importlib import import_module


def create_workspace(name: str, email: str) -> None:
    """Make a workspace with its administrator and API key, and print them; they are shown this once."""
    made = import_module("kohomai.workspaces.services").create_workspace(name=name, administrator_email=email)
    print(json.dumps(made, indent=2, default=str))
