"""Fixtures that all tests have.

Nothing is started until a test asks for it: the tests of the engine run with no database at all. Tests that need the
program ask for `program`: the real one, one for each worker of pytest, all parts of it. They keep apart by working
in a workspace of their own (`workspace`), and speak to it by `api` or with a browser (`page`).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.support.program import Program, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_FOLDER = pytest.StashKey[Path]()

# How long an example takes says something of the machine, and of what else it does, but nothing of a property.
hypothesis_settings.register_profile("kohomai", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("kohomai")


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up for the program that `program` will start, in a folder that is made now; nothing is started."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        return  # the process that hands out the tests runs none
    folder = Path(tempfile.mkdtemp(prefix="kohomai-test-"))
    folder.chmod(0o711)
    config.stash[_FOLDER] = folder
    program = Program(folder / "data", free_port())
    program.data.mkdir()
    for name in [name for name in os.environ if name.startswith("KOHOMAI_") and name != "KOHOMAI_CHROMIUM"]:
        del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(
        {key: value for key, value in program.environment.items() if key.startswith("KOHOMAI_")}
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "kohomai.site.settings"

    from kohomai.site.postgres_system import System

    socket = program.data / "postgres" / "socket"
    system = System(user=None, home=socket.parent, socket=socket, closed=False)
    (program.data / "database-url").write_text(system.url())

    import django

    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def program(pytestconfig: pytest.Config) -> Iterator[Program]:
    """The running program: `base_url`, `data`, `database_url`, `first_run`, `pid`, `log`."""
    folder = pytestconfig.stash[_FOLDER]
    running = Program(folder / "data", int(os.environ["KOHOMAI_PORT"]))
    running.start()
    yield running
    from django.db import connections

    connections.close_all()
    running.stop()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace made for one test."""

    id: int
    key: str
    administrator: str
    password: str


@pytest.fixture
def workspace(program: Program) -> Iterator[Workspace]:
    """A fresh workspace with a secret API key."""
    yield make_workspace()
    from django.db import connections

    connections.close_all()


@pytest.fixture
def other_workspace(workspace: Workspace) -> Workspace:
    """A second one: what it holds must never be seen from the first."""
    return make_workspace()


def make_workspace() -> Workspace:
    """Make a workspace as `kohomai workspace create` does."""
    from kohomai.workspaces.services import create_workspace

    address = f"admin-{secrets.token_hex(6)}@kohomai.example"
    made: Any = create_workspace(name=f"Workspace {secrets.token_hex(4)}", administrator_email=address)
    return Workspace(made.workspace_id, made.api_key, address, made.password)


@pytest.fixture
def api(program: Program, workspace: Workspace) -> Iterator[httpx.Client]:
    """A client of the API with the workspace's key; addresses are relative to /api/v1/."""
    with client_for(program, workspace.key) as client:
        yield client


@pytest.fixture
def other_api(program: Program, other_workspace: Workspace) -> Iterator[httpx.Client]:
    """The same for the second workspace."""
    with client_for(program, other_workspace.key) as client:
        yield client


def client_for(program: Program, key: str) -> httpx.Client:
    """A client of the API with a key."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{program.base_url}/api/v1/", headers=headers, timeout=30)


@pytest.fixture(autouse=True)
def no_loop_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Playwright leaves its event loop running in the thread of the tests; those without a browser must not see it."""
    running = None if "browser" in request.fixturenames else asyncio._get_running_loop()
    if running is not None:
        asyncio._set_running_loop(None)
    yield
    if running is not None:
        asyncio._set_running_loop(running)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. A missing one is a failure, not a reason to skip."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("KOHOMAI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.fail("The browser tests need Chromium: start them by ./test, or name it in KOHOMAI_CHROMIUM.")
    switches = [
        *(
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
        ),
        *("--no-first-run", "--disable-gpu"),
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, headless=True, args=switches)
        yield found
        found.close()


@pytest.fixture
def page(program: Program, browser: Browser) -> Iterator[Page]:
    """A page in a context of its own; scripts that fail, or break the page's own policy, fail the test."""
    context = browser.new_context(base_url=program.base_url)
    context.set_default_timeout(10_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield opened
    context.close()
    assert not faults, faults
