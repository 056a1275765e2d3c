"""What the first run makes: a workspace, its administrator, a key, and a sample funnel to try things on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from kohomai.datapoints import services as datapoints
from kohomai.funnels import origins, versions
from kohomai.funnels import services as funnels
from kohomai.workspaces import services as workspaces

FILE = "first-run.json"
ADMINISTRATOR = "administrator@kohomai.example"
DATA_POINTS = (
    ("My datapoint", "Text"),
    ("Interest", "Text"),
    ("Budget", "Amount"),
    ("Start date", "Date"),
)
_LEAD = {"Kind": "Lead"}

SAMPLE: Mapping[str, Any] = {
    "Name": "Sample funnel",
    "Reentry": "WhenEnded",
    "Start": "qualify",
    "Nodes": {
        "qualify": {
            "Type": "Decision",
            "Name": "Private or business?",
            "Branches": [
                {
                    "Name": "Private address",
                    "When": {"DataPoint": "Email is free", "Operator": "Is", "Value": True},
                    "Next": "private",
                }
            ],
            "Default": "business",
        },
        "private": {
            "Type": "Stage",
            "Name": "Getting to know you",
            "Activities": [
                {
                    "Key": "about",
                    "Type": "Form",
                    "Name": "About you",
                    "Assignee": _LEAD,
                    "Settings": {"Fields": [{"DataPoint": "Interest", "Required": True}]},
                }
            ],
            "Next": "won",
        },
        "business": {
            "Type": "Stage",
            "Name": "Your project",
            "Activities": [
                {
                    "Key": "needs",
                    "Type": "Form",
                    "Name": "Your needs",
                    "Assignee": _LEAD,
                    "Settings": {
                        "Fields": [{"DataPoint": "Budget", "Required": True}, {"DataPoint": "Start date"}]
                    },
                },
                {
                    "Key": "terms",
                    "Type": "Accept",
                    "Name": "Terms",
                    "Assignee": _LEAD,
                    "After": ["needs"],
                    "Settings": {
                        "Text": "We keep what you tell us, use it to prepare an offer, and share it with nobody.",
                        "Version": "1",
                    },
                },
            ],
            "Next": "fit",
        },
        "fit": {
            "Type": "Decision",
            "Name": "A large budget?",
            "Branches": [
                {
                    "Name": "Large budget",
                    "When": {
                        "DataPoint": "Budget",
                        "Operator": "AtLeast",
                        "Value": {"Amount": Decimal("10000.00"), "Currency": "EUR"},
                    },
                    "Next": "review",
                }
            ],
            "Default": "won",
        },
        "review": {
            "Type": "Stage",
            "Name": "Review",
            "Activities": [
                {
                    "Key": "check",
                    "Type": "Approval",
                    "Name": "Check",
                    "Assignee": {"Kind": "Role", "Role": "Manager"},
                    "Settings": {},
                }
            ],
            "Next": "approved",
        },
        "approved": {
            "Type": "Decision",
            "Name": "Approved?",
            "Branches": [
                {
                    "Name": "Yes",
                    "When": {"Result": "check.Approved", "Operator": "Is", "Value": True},
                    "Next": "won",
                }
            ],
            "Default": "lost",
        },
        "won": {"Type": "End", "Name": "Customer", "Outcome": "Converted"},
        "lost": {"Type": "End", "Name": "Not a fit", "Outcome": "Disqualified"},
    },
}
"""The sample funnel, as the funnel reference describes it."""

PAGE = {
    "Consent": {"Text": "I agree that what I enter is kept and used to answer me.", "Version": "1"},
    "DoubleOptIn": False,
}


def ensure(base_url: str) -> None:
    """Make what the first run makes, and print and write down what a person and a script need of it.

    Where a workspace is there already nothing is made; ``first-run.json`` then only follows a changed
    address. A run that was interrupted is taken up where it stopped.
    """
    path = Path(settings.KOHOMAI_DATA) / FILE
    draft = path.with_name(f".{FILE}.new")
    if not workspaces.is_empty():
        _follow(path, draft, base_url)
        return
    # The file is complete before the commit, and has its name after it: a key is never lost with a crash.
    with transaction.atomic():
        made = _make(base_url)
        _write(draft, made)
    draft.replace(path)
    print_made(made, path)


def _make(base_url: str) -> dict[str, Any]:
    new = workspaces.create_workspace(name="Kohomai", administrator_email=ADMINISTRATOR)
    workspace_id = new.workspace_id
    for name, kind in DATA_POINTS:
        datapoints.create(workspace_id, name=name, type=kind)
    funnel = funnels.create(workspace_id, name=SAMPLE["Name"])
    funnels.save_draft(workspace_id, funnel.id, SAMPLE, revision=None)
    versions.publish(workspace_id, funnel.id, actor={"Kind": "System"})
    website = origins.create(
        workspace_id, funnel.id, type="API", name="Website", data_points=["My datapoint", "Interest"]
    )
    page = origins.create(workspace_id, funnel.id, type="Page", name="Registration page", settings=PAGE)
    return {
        "BaseURL": base_url,
        "Workspace": {"Id": workspace_id},
        "Administrator": {"Email": ADMINISTRATOR, "Password": new.password},
        "ApiKey": new.api_key,
        "Funnel": {"Id": funnel.id, "ApiRef": website.ref, "PageRef": page.ref},
    }


def _follow(path: Path, draft: Path, base_url: str) -> None:
    if draft.exists() and not path.exists():
        draft.replace(path)  # the run that wrote it was killed after its commit
        print_made(orjson.loads(path.read_bytes()), path)
    try:
        made = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return  # made elsewhere, or taken away: it holds a password, and nobody needs it to be there
    if isinstance(made, dict) and made.get("BaseURL") != base_url:
        _write(draft, {**made, "BaseURL": base_url})
        draft.replace(path)


def _write(path: Path, made: Mapping[str, Any]) -> None:
    """Write the file so that only its owner can read it, and it is on the disk."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


def print_made(made: Mapping[str, Any], path: Path) -> None:
    """Print the addresses and what one signs in with."""
    base, funnel = made["BaseURL"], made["Funnel"]
    lines = (
        ("Address", base),
        ("Administrator", made["Administrator"]["Email"]),
        ("Password", made["Administrator"]["Password"]),
        ("API key", made["ApiKey"]),
        ("API", f"{base}/api/v1/docs"),
        ("Register a lead", f"POST {base}/api/v1/leads?ref={funnel['ApiRef']}"),
        ("Page", f"{base}/r/{funnel['PageRef']}"),
        ("Written to", str(path)),
    )
    print("\nThis is the first run. What it made (passwords and keys are shown only now):\n")
    for label, value in lines:
        print(f"  {label + ':':17}{value}")
    print(flush=True)
