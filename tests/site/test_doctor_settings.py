"""`kohomai doctor` lists every setting, and shows no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kohomai.site.environment import VARIABLES
from tests.support.program import ROOT


def doctor(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run it with these settings and no others."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("KOHOMAI_")}
    return subprocess.run(
        [sys.executable, "-m", "kohomai.site", "doctor"],
        env={**plain, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_lists_every_setting_with_its_value(tmp_path: Path) -> None:
    done = doctor(KOHOMAI_DATA=str(tmp_path / "data"), KOHOMAI_PORT="8765")
    assert done.returncode == 0, done.stderr
    assert all(variable.name in done.stdout for variable in VARIABLES)
    assert "KOHOMAI_PORT = 8765" in done.stdout
    assert "KOHOMAI_BIND = 127.0.0.1 (default)" in done.stdout
    assert not (tmp_path / "data").exists()


def test_shows_no_secret(tmp_path: Path) -> None:
    secret, password = "s" * 40, "hunter2hunter2"
    done = doctor(KOHOMAI_SECRET_KEY=secret, DATABASE_URL=f"postgresql://me:{password}@db.example/kohomai")
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    assert password not in done.stdout + done.stderr
    assert "KOHOMAI_SECRET_KEY = (set, not shown)" in done.stdout


def test_names_what_is_unsafe() -> None:
    assert "must be an https address" in doctor().stdout
    assert "Unsafe" not in doctor(KOHOMAI_URL="https://leads.example").stdout


def test_refuses_what_is_unsafe_in_production() -> None:
    done = doctor(KOHOMAI_ENV="production")
    assert done.returncode == 2
    assert "KOHOMAI_URL must be an https address" in done.stderr


def test_the_reference_of_settings_is_complete() -> None:
    """Every setting that the code reads is in the list."""
    source = (ROOT / "kohomai/site/environment.py").read_text()
    read = {
        word.split('"')[0]
        for word in source.split('"')[1::2]
        if word.startswith("KOHOMAI_") and " " not in word
    }
    assert read <= {variable.name for variable in VARIABLES}
