"""Waking the background: many commits, few notifications, and never a commit that waits for one."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.conf import settings

from kohomai.journeys import wake
from tests.support.program import Program


def test_many_calls_become_few_notifications(program: Program) -> None:
    with psycopg.connect(program.database_url, autocommit=True) as listening:
        listening.execute(f"LISTEN {wake.CHANNEL}")
        began = time.monotonic()
        longest = 0.0
        while time.monotonic() - began < 0.5:
            before = time.monotonic()
            wake.notify()
            longest = max(longest, time.monotonic() - before)
            time.sleep(0.0005)
        found = len(list(listening.notifies(timeout=0.5)))
    assert 1 <= found <= 0.5 / wake.PAUSE + 5
    assert longest < 0.25  # only a flag is set: it takes as long as the machine is busy


def test_without_a_place_to_listen_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "KOHOMAI_LISTEN_URL", None)
    monkeypatch.setattr(wake, "_notifier", None)  # would raise if it were asked
    wake.notify()


def test_a_database_that_is_away_is_no_fault_of_who_commits() -> None:
    notifier = wake._Notifier("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    notifier.wanted.set()
    time.sleep(0.5)
    assert [one for one in threading.enumerate() if one.name == "wake"]
