"""Managers are told of an automatic activity that has failed for good."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import Workspace
from tests.delivery.support import form, open_door, stage, told, until


def test_managers_are_told_what_failed_and_why(api: httpx.Client, workspace: Workspace) -> None:
    words = {"Subject": "Welcome", "Text": "Hello.", "To": {"Kind": "Owner"}}
    welcome = {"Key": "mail", "Type": "Email", "Name": "Say welcome", "Settings": words}
    door = open_door(api, {"first": stage(welcome, form())})
    journey = door.register()["Journey"]["Id"]

    def notices() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = told(api.get("emails?Kind=activity_failed"))["Items"]
        return found

    (notice,) = until(notices)
    assert notice["To"] == workspace.administrator
    assert "Say welcome" in notice["Subject"]
    assert "The lead has no owner yet." in notice["Text"]
    assert f"/p/journeys/{journey}" in notice["Text"]
