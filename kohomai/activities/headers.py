"""Which headers a call may bring: those of the connection itself, and of what we say of ourselves, are ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kohomai.engine.errors import Fault

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
OURS = frozenset(
    (
        "accept-encoding", "connection", "content-length", "expect", "host", "idempotency-key", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
        "webhook-id", "webhook-signature", "webhook-timestamp",
    )
)  # fmt: skip


def check_headers(names: Sequence[str], where: str) -> list[Fault]:
    """Names that are none, are ours, or stand there twice; ``where`` points at the list."""
    faults = []
    seen: set[str] = set()
    for place, name in enumerate(names):
        pointer, key = f"{where}/{place}/Name", name.lower()
        if not _TOKEN.fullmatch(name):
            faults.append(Fault(pointer, "WrongValue", "This must be the name of a header."))
        elif key in OURS:
            faults.append(Fault(pointer, "NotAllowed", f"{name} is set by Kohomai itself."))
        elif key in seen:
            faults.append(Fault(pointer, "Duplicate", f"{name} is there twice."))
        seen.add(key)
    return faults
