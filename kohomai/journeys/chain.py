"""The chain of hashes through a journey's (or a lead's) events.

Each event keeps a digest of its payload, salted so that a short payload cannot be guessed from it, and a
hash of that digest with the hash before. Emptying a payload and its salt (erasure) leaves the chain whole.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from kohomai.engine.values import time_to_json as stamp

SALT_BYTES = 16


def digest(salt: bytes, payload: Any) -> bytes:
    """SHA-256 of the salt and the payload written with sorted keys (32 bytes)."""
    return digest_of(salt, orjson.dumps(payload, option=orjson.OPT_SORT_KEYS))


def digest_of(salt: bytes, body: bytes) -> bytes:
    """The same, where the payload is written already."""
    return sha256(salt + body).digest()


def link(previous: bytes, sequence: int, event_type: str, at: datetime, payload_digest: bytes) -> bytes:
    """The event's hash (32 bytes), from the hash before (empty for the first) and what it says."""
    head = f"{sequence}\n{event_type}\n{stamp(at)}\n".encode()
    return sha256(previous + head + payload_digest).digest()
