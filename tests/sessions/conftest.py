"""Fixtures of the sessions' tests: those of the front-office's."""

from __future__ import annotations

from tests.frontoffice.conftest import _close, api, funnel, lead, visitor, visitors, workspace

__all__ = ["_close", "api", "funnel", "lead", "visitor", "visitors", "workspace"]
