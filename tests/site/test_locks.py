"""The lock files: complete, with hashes, and naming no host."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.program import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock")


def pins(name: str) -> dict[str, str]:
    """Packages and their versions in a lock."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def wanted(requirements: list[str]) -> set[str]:
    """The names of what is required, as locks write them."""
    return {re.split(r"[\[<>=! ]", each)[0].lower().replace("_", "-") for each in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host_and_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(name))
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_locks_hold_all_that_is_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wanted(project["dependencies"]) <= pins("requirements.lock").keys()
    for extra in ("test", "bench"):
        assert wanted(project["optional-dependencies"][extra]) <= pins("requirements-test.lock").keys()


def test_tests_run_with_the_versions_that_are_run() -> None:
    tested = pins("requirements-test.lock")
    assert {name: tested.get(name) for name in pins("requirements.lock")} == pins("requirements.lock")
