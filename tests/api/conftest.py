"""Fixtures of the API's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.api.support import Funnel


@pytest.fixture
def funnel(api: httpx.Client) -> Funnel:
    """The sample funnel of the workspace."""
    from tests.api.support import make_funnel

    return make_funnel(api)
