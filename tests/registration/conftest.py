"""What the tests of registering begin with."""

from __future__ import annotations

import httpx
import pytest

from tests.support.funnels import Funnel, form_funnel, make_point
from tests.support.shared import api, workspace

__all__ = ["api", "funnel", "workspace"]


@pytest.fixture(scope="module")
def funnel(api: httpx.Client) -> Funnel:
    """A funnel of one stage with one form for the lead; the documentation's data point is there."""
    make_point(api, "My datapoint")
    return form_funnel(api)
