"""What a process may remember for a few seconds."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

SECONDS = 5.0
"""How long anything is remembered at most: a key that was revoked elsewhere works no longer than this."""
MAX_ENTRIES = 10_000


class ShortCache(Generic[K, V]):
    """Remembers what was found for a few seconds; what was not found is asked for again each time."""

    def __init__(self, load: Callable[[K], V | None], seconds: float = SECONDS) -> None:
        self._load = load
        self._seconds = seconds
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """What ``load`` finds for ``key``, now or at most a few seconds ago; ``None`` where there is none."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] > monotonic():
            return entry[1]
        return self.fresh(key)

    def fresh(self, key: K) -> V | None:
        """What ``load`` finds for ``key`` now."""
        until = monotonic() + self._seconds  # before loading: what is older than that is not remembered
        found = self._load(key)
        if found is None:
            self._entries.pop(key, None)
            return None
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (until, found)
        return found

    def forget(self, key: K) -> None:
        """Ask again next time: this process has changed it."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
