"""``/api/v1/docs``: Swagger UI from our own files, callable, with deep links."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import Workspace
from tests.support.program import ROOT, Program

if TYPE_CHECKING:
    from playwright.sync_api import Page

VENDOR = ROOT / "kohomai" / "api" / "static" / "api" / "vendor" / "swagger-ui"


def test_vendored_files_are_what_is_noted() -> None:
    noted = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (VENDOR / "VENDORED.md").read_text()))
    assert set(noted) == {path.name for path in VENDOR.iterdir()} - {"VENDORED.md", "LICENSE", "NOTICE"}
    for name, digest in noted.items():
        assert hashlib.sha256(Path(VENDOR / name).read_bytes()).hexdigest() == digest


def test_a_deep_link_leads_to_the_operation(program: Program, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_default_timeout(60_000)  # Swagger UI is slow where many tests run beside it
    page.goto("/api/v1/docs#/leads/post_leads")
    operation = page.locator("#operations-leads-post_leads")
    operation.locator(".opblock-body").wait_for()
    assert "is-open" in (operation.get_attribute("class") or "")
    foreign = [url for url in asked if not url.startswith((program.base_url, "data:", "blob:"))]
    assert foreign == []


def test_it_can_be_called_from_there(program: Program, page: Page, workspace: Workspace) -> None:
    page.set_default_timeout(60_000)
    page.goto("/api/v1/docs#/workspace/get_workspace")
    page.locator("button.authorize").first.click()
    page.locator(".auth-container input").fill(workspace.key)
    page.locator(".auth-btn-wrapper button.authorize").click()
    page.locator(".auth-btn-wrapper button.btn-done").click()
    operation = page.locator("#operations-workspace-get_workspace")
    operation.locator("button.execute").click()
    body = operation.locator(".live-responses-table .response-col_description")
    body.get_by_text("WebhookSecret").first.wait_for()
