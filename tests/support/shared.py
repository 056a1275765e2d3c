"""One workspace for all tests of a module: for tests that keep apart by addresses and funnels of their own.

A folder's ``conftest.py`` imports these in the place of the fixtures that make a workspace for each test.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Workspace, client_for, make_workspace
from tests.support.program import Program


@pytest.fixture(scope="module")
def workspace(program: Program) -> Iterator[Workspace]:
    """A fresh workspace with a secret API key."""
    yield make_workspace()
    from django.db import connections

    connections.close_all()


@pytest.fixture(scope="module")
def api(program: Program, workspace: Workspace) -> Iterator[httpx.Client]:
    """A client of the API with the workspace's key."""
    with client_for(program, workspace.key) as client:
        yield client
