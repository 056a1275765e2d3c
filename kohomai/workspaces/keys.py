"""API keys: made once, shown once, kept as a digest.

``kh_live_`` (secret) or ``kh_pub_`` (publishable), 22 characters of chance, and a checksum of 6 characters
that tells a slip of the pen without asking the database.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import time
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.utils import timezone

from kohomai.engine.errors import Conflict, Fault, NotFound
from kohomai.workspaces.caching import ShortCache
from kohomai.workspaces.checks import raise_faults, read_name
from kohomai.workspaces.models import ApiKey

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHANCE = 22
_CHECKSUM = 6
PREFIXES = {ApiKey.Kind.SECRET.value: "kh_live_", ApiKey.Kind.PUBLISHABLE.value: "kh_pub_"}
MAX_ORIGINS = 100
LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A valid key that came with a call; ``kind`` is Secret or Publishable.

    A publishable one may only register leads at the origins of ``origin_refs``, called from ``web_origins``.
    """

    id: int
    workspace_id: int
    kind: str
    origin_refs: frozenset[str]
    web_origins: frozenset[str]
    presented: str


@dataclass(frozen=True, slots=True)
class _Found:
    key: PresentedKey
    expires: float | None  # a moment as ``time()`` has it


# --- finding ------------------------------------------------------------------------------------------------


def find(presented: str) -> PresentedKey | None:
    """The key that was presented; ``None`` when there is none, or it is revoked or has expired.

    A key may be remembered for some seconds by each process; what is no key is never remembered.
    """
    if not is_well_formed(presented):
        return None
    found = _cache.get(presented)
    if found is None or (found.expires is not None and found.expires <= time()):
        return None
    return found.key


def is_well_formed(presented: str) -> bool:
    """Whether it has the form of a key and its checksum is right."""
    if not presented.isascii() or len(presented) > 40:
        return False
    prefix = next((p for p in PREFIXES.values() if presented.startswith(p)), None)
    if prefix is None or len(presented) != len(prefix) + _CHANCE + _CHECKSUM:
        return False
    return presented[-_CHECKSUM:] == checksum(presented[:-_CHECKSUM])


def checksum(text: str) -> str:
    """CRC-32 of ``text`` as six characters."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def digest(presented: str) -> bytes:
    """What is kept of a key: its SHA-256."""
    return sha256(presented.encode()).digest()


# The last use is kept to the minute, so that a busy key does not write its row for each call.
_FIND = """
WITH found AS (
    SELECT id, workspace_id, kind, origin_refs, web_origins, expires_at, last_used_at
    FROM workspaces_apikey
    WHERE digest = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
), used AS (
    UPDATE workspaces_apikey SET last_used_at = now()
    WHERE id = (SELECT id FROM found WHERE last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT id, workspace_id, kind, origin_refs, web_origins, expires_at FROM found
"""


def _load(presented: str) -> _Found | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [digest(presented)])
        row = cursor.fetchone()
    if row is None:
        return None
    identity, workspace_id, kind, refs, web_origins, expires_at = row
    key = PresentedKey(identity, workspace_id, kind, frozenset(refs), frozenset(web_origins), presented)
    return _Found(key, expires_at.timestamp() if expires_at else None)


_cache: ShortCache[str, _Found] = ShortCache(_load)


def forget() -> None:
    """Forget what this process remembers of keys."""
    _cache.clear()


_PREFLIGHT = """
SELECT EXISTS (
    SELECT FROM workspaces_apikey k
    WHERE k.workspace_id = %s AND k.kind = 'Publishable' AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > now())
      AND %s = ANY (k.origin_refs) AND %s = ANY (k.web_origins)
)
"""


def is_listed(workspace_id: int, origin_ref: str, web_origin: str) -> bool:
    """Whether a valid publishable key tied to the origin lists this web origin (what a preflight asks)."""
    with connection.cursor() as cursor:
        cursor.execute(_PREFLIGHT, [workspace_id, origin_ref, web_origin])
        row = cursor.fetchone()
    return bool(row and row[0])


# --- making, listing, ending ----------------------------------------------------------------------------------


def create(
    workspace_id: int,
    *,
    name: object,
    kind: object = ApiKey.Kind.SECRET.value,
    origin_refs: Sequence[str] = (),
    web_origins: Sequence[object] = (),
    expires_at: datetime | None = None,
    faults: Sequence[Fault] = (),
) -> tuple[ApiKey, str]:
    """A new key: its row, and the key itself, which is never shown again.

    Raises ``Invalid`` with every fault, those that the caller found (``faults``) among them.
    """
    found = list(faults)
    read = read_name(name, "/Name", found)
    origins: list[str] = []
    if kind not in PREFIXES:
        found.append(Fault("/Kind", "WrongValue", "Kind must be Secret or Publishable."))
    elif kind == ApiKey.Kind.SECRET.value:
        for field, given in (("Origins", origin_refs), ("WebOrigins", web_origins)):
            if given:
                found.append(Fault(f"/{field}", "NotAllowed", f"{field} are for publishable keys only."))
    else:
        origins = _read_web_origins(web_origins, found)
        if not origin_refs:
            found.append(Fault("/Origins", "Required", "A publishable key is tied to at least one origin."))
    if expires_at is not None and expires_at <= timezone.now():
        found.append(Fault("/ExpiresAt", "WrongValue", "ExpiresAt must lie in the future."))
    raise_faults(found)
    return _insert(workspace_id, read, str(kind), list(dict.fromkeys(origin_refs)), origins, expires_at)


def _insert(
    workspace_id: int,
    name: str,
    kind: str,
    origin_refs: list[str],
    web_origins: list[str],
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    body = PREFIXES[kind] + "".join(secrets.choice(_ALPHABET) for _ in range(_CHANCE))
    plain = body + checksum(body)
    row = ApiKey.objects.create(
        workspace_id=workspace_id,
        name=name,
        kind=kind,
        hint=plain[: len(PREFIXES[kind]) + 4],
        digest=digest(plain),
        origin_refs=origin_refs,
        web_origins=web_origins,
        expires_at=expires_at,
    )
    return row, plain


def _read_web_origins(raw: Sequence[object], faults: list[Fault]) -> list[str]:
    if not raw:
        faults.append(
            Fault("/WebOrigins", "Required", "A publishable key lists the web origins it is used from.")
        )
    if len(raw) > MAX_ORIGINS:
        faults.append(Fault("/WebOrigins", "TooMany", f"At most {MAX_ORIGINS} web origins."))
        return []
    origins: list[str] = []
    for position, one in enumerate(raw):
        try:
            origins.append(read_web_origin(one))
        except ValueError as error:
            faults.append(Fault(f"/WebOrigins/{position}", "WrongValue", f"A web origin {error}."))
    return list(dict.fromkeys(origins))


def read_web_origin(raw: object) -> str:
    """A web origin as browsers send it (``https://www.myapp.com``, a port only where it is not the usual one).

    Raises ``ValueError`` with the rest of a sentence about it.
    """
    wanted = "must be scheme and host, such as https://www.myapp.com"
    if not isinstance(raw, str) or len(raw) > 300 or not raw.isascii() or not raw.isprintable():
        raise ValueError(wanted)
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or " " in raw or "@" in parts.netloc:
        raise ValueError(wanted)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "*" in host or "\\" in raw:
        raise ValueError(wanted)
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, usual) else f":{port}")


def listed(workspace_id: int, *, after: int = 0, limit: int = 50, descending: bool = False) -> list[ApiKey]:
    """Up to ``limit`` keys of the workspace beyond the ``Id`` ``after``, revoked ones too, in order of ``Id``."""
    rows = ApiKey.objects.filter(workspace_id=workspace_id)
    if descending:
        rows = rows.filter(id__lt=after) if after else rows
        return list(rows.order_by("-id")[:limit])
    return list(rows.filter(id__gt=after).order_by("id")[:limit])


def get(workspace_id: int, key_id: int) -> ApiKey:
    """One key of the workspace. Raises ``NotFound``."""
    row = ApiKey.objects.filter(workspace_id=workspace_id, id=key_id).first()
    if row is None:
        raise NotFound("There is no such API key.")
    return row


def revoke(workspace_id: int, key_id: int) -> ApiKey:
    """End a key at once (elsewhere within seconds); ending it again changes nothing. Raises ``NotFound``."""
    row = get(workspace_id, key_id)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at", "changed_at"])
    forget()
    return row


def rotate(workspace_id: int, key_id: int, *, overlap: timedelta = timedelta(days=1)) -> tuple[ApiKey, str]:
    """A new key with the old one's name and bounds; the old one goes on working for ``overlap``.

    Raises ``NotFound``, ``Conflict`` when the key is revoked or has expired, ``Invalid`` for an overlap over
    30 days.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise_faults([Fault("/Overlap", "WrongValue", "Overlap must be at most 30 days.")])
    with transaction.atomic():
        row = ApiKey.objects.select_for_update().filter(workspace_id=workspace_id, id=key_id).first()
        if row is None:
            raise NotFound("There is no such API key.")
        now = timezone.now()
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            raise Conflict("This key has ended and cannot be rotated.")
        made = _insert(workspace_id, row.name, row.kind, row.origin_refs, row.web_origins, row.expires_at)
        end = now + overlap
        row.expires_at = end if row.expires_at is None else min(end, row.expires_at)
        row.save(update_fields=["expires_at", "changed_at"])
    forget()
    return made


def is_valid(row: ApiKey, now: datetime | None = None) -> bool:
    """Whether a key works at ``now``."""
    moment: Any = now or datetime.now(UTC)
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > moment)
