"""The log holds no values of rows."""

from __future__ import annotations

import io
import json
import logging

import psycopg
import pytest
import structlog

from kohomai.site import logs


def test_an_error_is_named_without_what_it_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    try:
        logs.configure("INFO")
        error = psycopg.errors.UniqueViolation("Key (email)=(someone@example.com) already exists.")
        structlog.get_logger("test").error("failed", exc_info=error)
        logging.getLogger("test").error("failed", exc_info=error)
    finally:
        monkeypatch.undo()
        logs.configure("INFO")
    lines = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [line["error"] for line in lines] == ["UniqueViolation", "UniqueViolation"]
    assert [line["sqlstate"] for line in lines] == ["23505", "23505"]
    assert "someone" not in said.getvalue()
