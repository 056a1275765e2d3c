"""Fixtures of the front-office's tests. They share a workspace and a funnel: each has leads of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import client_for, make_workspace
from tests.frontoffice.visitor import Visitor
from tests.support.program import Program

if TYPE_CHECKING:
    from tests.api.support import Funnel
    from tests.conftest import Workspace


@pytest.fixture(scope="module")
def workspace(program: Program) -> Workspace:
    """One workspace for a file of tests."""
    return make_workspace()


@pytest.fixture(scope="module")
def api(program: Program, workspace: Workspace) -> Iterator[httpx.Client]:
    """A client of the API with the workspace's key."""
    with client_for(program, workspace.key) as client:
        yield client


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """The sample funnel of the workspace."""
    from tests.api.support import make_funnel

    return make_funnel(api)


@pytest.fixture
def visitors(program: Program) -> Iterator[Callable[[], Visitor]]:
    """Makes browsers."""
    with ExitStack() as open_ones:
        yield lambda: open_ones.enter_context(Visitor(program.base_url))


@pytest.fixture
def visitor(visitors: Callable[[], Visitor]) -> Visitor:
    """A browser."""
    return visitors()


@pytest.fixture
def lead(api: httpx.Client, funnel: Funnel) -> dict[str, Any]:
    """A business lead just registered, with a form that waits: the answer of the call."""
    return new_lead(api, funnel)


def new_lead(api: httpx.Client, funnel: Funnel, **fields: Any) -> dict[str, Any]:
    """Register a business lead; the answer of the call."""
    from tests.api.support import address, register

    given = {
        "Email": address(),
        "Firstname": "Adaeze",
        "Lastname": "Okafor",
        "RedirectURL": "https://www.myapp.com/done",
    }
    answer = register(api, funnel, **{**given, **fields})
    assert answer["ConnectionURL"]
    return answer


@pytest.fixture(autouse=True)
def _close(program: Program) -> Iterator[None]:
    yield
    from django.db import connections

    connections.close_all()
