"""Calls that carry an ``Idempotency-Key``: done once, answered the same way again for 24 hours.

The answer is kept in the transaction that does the work, encrypted with a key derived from the API key that
was presented: who has not that key cannot read it, we included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.db import connection, transaction

from kohomai.engine.errors import Conflict, Fault, Invalid
from kohomai.workspaces.keys import PresentedKey
from kohomai.workspaces.secrets import seal, unseal

KEPT = timedelta(hours=24)
LONGEST = 255
HEADER = "Idempotency-Key"

STILL_RUNNING = "A call with this Idempotency-Key is still running. Try again in a moment."
SOMETHING_ELSE = "This Idempotency-Key was used for another call: method, path, query or body differ."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered: ``lead_id`` lets erasure find what was kept."""

    status: int
    body: bytes
    lead_id: int | None = None
    replayed: bool = False


def fingerprint(method: str, path: str, query: str, body: bytes) -> bytes:
    """What tells a call from another with the same key (32 bytes)."""
    parts = (
        method.encode(),
        path.encode("utf-8", "surrogatepass"),
        query.encode("utf-8", "surrogatepass"),
        body,
    )
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


def check_key(key: str) -> str:
    """The header's value when it can be used. Raises ``Invalid``."""
    if not key or len(key) > LONGEST or not key.isprintable():
        detail = f"Idempotency-Key must be 1 to {LONGEST} printable characters."
        raise Invalid([Fault(None, "WrongValue", detail, parameter=HEADER)])
    return key


def mismatch() -> Invalid:
    """The refusal of a key that was used for something else."""
    return Invalid([Fault(None, "KeyReused", SOMETHING_ELSE, parameter=HEADER)])


def lock_number(api_key_id: int, key: str) -> int:
    """The number of the advisory lock that stands for an idempotency key (63 bits of its hash)."""
    return int.from_bytes(sha256(f"{api_key_id}:{key}".encode()).digest()[:8], "big") >> 1


def seal_answer(presented_key: str, body: bytes) -> bytes:
    """An answer's body as it is kept: only who presents the same API key can read it."""
    return seal(body, _secret(presented_key))


def open_answer(presented_key: str, sealed: bytes) -> bytes:
    """The body that ``seal_answer`` was given. Raises ``ValueError`` for another key."""
    return unseal(bytes(sealed), _secret(presented_key))


def _secret(presented_key: str) -> bytes:
    return b"kept answer\n" + presented_key.encode()


# --- ordinary calls; a batch of registrations does the same for many at once ----------------------------------


def run(presented: PresentedKey, key: str, print_: bytes, work: Callable[[], Answer]) -> Answer:
    """Do ``work`` once for this key, or give back what it was answered before (``replayed``).

    ``work`` runs in the transaction that keeps its answer; when it is refused (no 2xx, or it raises) nothing
    of it stays and the key is free again. Raises ``Invalid`` when the key was used for another call,
    ``Conflict`` while one is running.
    """
    with transaction.atomic():
        if not lock(presented.id, key):
            raise Conflict(STILL_RUNNING)
        kept = find(presented, key, print_)
        if kept is not None:
            return kept
        answer = work()
        if 200 <= answer.status < 300:
            keep(presented, key, print_, answer)
        else:
            transaction.set_rollback(True)
    return answer


def lock(api_key_id: int, key: str) -> bool:
    """Take the key for this transaction; False while another one has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(api_key_id, key)])
        row = cursor.fetchone()
    return bool(row and row[0])


def find(presented: PresentedKey, key: str, print_: bytes) -> Answer | None:
    """The answer kept for this key, if any. Raises ``Invalid`` when it was given to another call."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, status, answer, lead_id FROM workspaces_keptanswer"
            " WHERE api_key_id = %s AND key = %s AND created_at > now() - make_interval(secs => %s)",
            [presented.id, key, KEPT.total_seconds()],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if bytes(row[0]) != print_:
        raise mismatch()
    return Answer(row[1], open_answer(presented.presented, row[2]), row[3], replayed=True)


_KEEP = """
INSERT INTO workspaces_keptanswer (workspace_id, api_key_id, key, fingerprint, status, answer, lead_id, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, now())
ON CONFLICT (api_key_id, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, answer = excluded.answer,
    lead_id = excluded.lead_id, created_at = excluded.created_at
"""


def keep(presented: PresentedKey, key: str, print_: bytes, answer: Answer) -> None:
    """Keep an answer; one that is older than 24 hours makes room for it."""
    sealed = seal_answer(presented.presented, answer.body)
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            [presented.workspace_id, presented.id, key, print_, answer.status, sealed, answer.lead_id],
        )


def drop_old() -> int:
    """Delete what was kept for 24 hours; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM workspaces_keptanswer WHERE created_at <= now() - make_interval(secs => %s)",
            [KEPT.total_seconds()],
        )
        return cursor.rowcount
