"""What the tests of leads begin with."""

from __future__ import annotations

from tests.support.shared import api, workspace

__all__ = ["api", "workspace"]
