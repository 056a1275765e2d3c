"""What a process remembers for some seconds."""

from __future__ import annotations

import pytest

from kohomai.workspaces import caching
from kohomai.workspaces.caching import ShortCache


def test_what_was_found_is_remembered_and_what_was_not_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    there: dict[str, int] = {}

    def load(key: str) -> int | None:
        asked.append(key)
        return there.get(key)

    now = 0.0
    monkeypatch.setattr(caching, "monotonic", lambda: now)
    cache = ShortCache(load)
    assert cache.get("a") is None
    there["a"] = 1
    assert cache.get("a") == 1
    there["a"] = 2
    now = 4.9
    assert cache.get("a") == 1
    now = 5.1
    assert cache.get("a") == 2
    assert asked == ["a"] * 3
    there["a"] = 3
    cache.forget("a")
    assert cache.get("a") == 3
    del there["a"]
    assert cache.fresh("a") is None
    assert cache.get("a") is None
