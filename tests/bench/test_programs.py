"""The benchmarks run, and say what they promise to say; how fast it is, is not asked here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def last_line(*command: str) -> str:
    """Run a benchmark, and give the last line it printed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
def test_registration() -> None:
    said = last_line("bench/registration", "--seconds", "1", "--rounds", "1", "--connections", "1,16")
    assert re.fullmatch(r"ratio c=1 \d+\.\d\d c=16 \d+\.\d\d", said)


@pytest.mark.slow
def test_completion() -> None:
    said = last_line("bench/completion", "--journeys", "50", "--rounds", "1", "--connections", "4")
    assert re.fullmatch(r"ratio completion \d+\.\d\d", said)


@pytest.mark.slow
def test_background() -> None:
    assert re.fullmatch(r"median \d+ ms", last_line("bench/background", "--leads", "3"))


@pytest.mark.slow
def test_delivery() -> None:
    said = last_line("bench/delivery", "--leads", "50", "--rounds", "1", "--seconds", "1")
    assert re.fullmatch(r"ratio delivery \d+\.\d\d two \d+\.\d\d", said)


@pytest.mark.slow
def test_footprint() -> None:
    said = last_line("bench/footprint", "--idle", "1")
    assert re.fullmatch(r"memory \d+ MB, first start \d+\.\d s, second start \d+\.\d s", said)
