"""Keys of other services that a workspace's calls use by name, so that none stands in a funnel for all to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from kohomai.engine.errors import Conflict, Fault, Invalid, NotFound
from kohomai.engine.values import parse_text
from kohomai.workspaces.checks import raise_faults
from kohomai.workspaces.models import NamedSecret
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

MAX_SECRETS = 200
MAX_LENGTH = 4_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")


@dataclass(frozen=True, slots=True)
class Known:
    """A secret, as far as it is shown."""

    id: int
    name: str
    created_at: datetime
    changed_at: datetime


def listed(workspace_id: int, *, after: int = 0, limit: int = 50, descending: bool = False) -> list[Known]:
    """Up to ``limit`` of the secrets beyond the ``Id`` ``after``, in order of ``Id``, never their values."""
    rows = NamedSecret.objects.filter(workspace_id=workspace_id).defer("value")
    if descending:
        rows = rows.filter(id__lt=after) if after else rows
        return [_known(row) for row in rows.order_by("-id")[:limit]]
    return [_known(row) for row in rows.filter(id__gt=after).order_by("id")[:limit]]


def get(workspace_id: int, secret_id: int) -> Known:
    """One secret, without its value. Raises ``NotFound``."""
    return _known(_row(workspace_id, secret_id))


def create(workspace_id: int, *, name: object, value: object) -> Known:
    """A new secret. Raises ``Invalid``, and ``Conflict`` when there is one of this name."""
    faults: list[Fault] = []
    named = name if isinstance(name, str) else ""
    if not _NAME.fullmatch(named):
        detail = "Name must have at most 60 letters, digits and “_”, and begin with a letter."
        faults.append(Fault("/Name", "Required" if name in (None, "") else "WrongValue", detail))
    sealed = _sealed(value, faults)
    raise_faults(faults)
    if NamedSecret.objects.filter(workspace_id=workspace_id).count() >= MAX_SECRETS:
        raise Invalid([Fault("", "Limit", f"A workspace has at most {MAX_SECRETS} secrets.")])
    try:
        with transaction.atomic():
            return _known(NamedSecret.objects.create(workspace_id=workspace_id, name=named, value=sealed))
    except IntegrityError:
        raise Conflict("There is a secret of this name already.") from None


def change(workspace_id: int, secret_id: int, value: object) -> Known:
    """Give a secret another value. Raises ``NotFound`` and ``Invalid``."""
    faults: list[Fault] = []
    sealed = _sealed(value, faults)
    raise_faults(faults)
    row = _row(workspace_id, secret_id)
    row.value = sealed
    row.save(update_fields=["value", "changed_at"])
    return _known(row)


def delete(workspace_id: int, secret_id: int) -> None:
    """Forget a secret. Raises ``NotFound``."""
    _row(workspace_id, secret_id).delete()


class ByName(Mapping[str, str]):
    """The secrets of a workspace as texts use them: each is opened only when it is asked for."""

    def __init__(self, workspace_id: int) -> None:
        self._workspace_id = workspace_id

    def __getitem__(self, name: str) -> str:
        row = NamedSecret.objects.filter(workspace_id=self._workspace_id, name=name).first()
        if row is None:
            raise KeyError(name)
        return unseal_with_site_key(bytes(row.value)).decode()

    def __iter__(self) -> Iterator[str]:
        return iter(())  # a text can use one that it names, and show nobody which there are

    def __len__(self) -> int:
        return 0


def _row(workspace_id: int, secret_id: int) -> NamedSecret:
    row = NamedSecret.objects.filter(workspace_id=workspace_id, id=secret_id).first()
    if row is None:
        raise NotFound("There is no such secret.")
    return row


def _known(row: NamedSecret) -> Known:
    return Known(row.id, row.name, row.created_at, row.changed_at)


def _sealed(value: object, faults: list[Fault]) -> bytes:
    try:
        if not isinstance(value, str) or not value:
            raise ValueError("is required")
        if len(value) > MAX_LENGTH:
            raise ValueError(f"must not be longer than {MAX_LENGTH:,} characters")
        return seal_with_site_key(parse_text(value).encode())
    except ValueError as error:
        code = "Required" if value in (None, "") else "WrongValue"
        faults.append(Fault("/Value", code, f"Value {error}."))
        return b""
