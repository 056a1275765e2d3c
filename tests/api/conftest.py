"""Fixtures of the API's tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.api.support import Funnel

# The browser's loop runs in the thread of the tests; Django would refuse to make a workspace beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def funnel(api: httpx.Client) -> Funnel:
    """The sample funnel of the workspace."""
    from tests.api.support import make_funnel

    return make_funnel(api)
