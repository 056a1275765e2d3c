"""Fixtures of the tests of notices."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import Workspace
from tests.delivery.notifications.support import Notices
from tests.support.program import Program


@pytest.fixture
def notices(program: Program, workspace: Workspace, api: httpx.Client) -> Notices:
    """What people of the workspace are to be told, and were."""
    return Notices(program, workspace, api)
