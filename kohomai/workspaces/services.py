"""Workspaces: made, read and changed."""

from __future__ import annotations

import base64
import os
import re
import secrets
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import phonenumbers
from django.db import transaction

from kohomai.engine.durations import parse_duration
from kohomai.engine.errors import Fault, NotFound
from kohomai.workspaces import keys
from kohomai.workspaces.caching import ShortCache
from kohomai.workspaces.checks import check_quiet_hours, raise_faults, read_name, read_time
from kohomai.workspaces.models import Membership, Role, User, Workspace
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key
from kohomai.workspaces.signals import workspace_created
from kohomai.workspaces.users import read_user_email

LANGUAGES = ("en", "de", "fr")
MAX_REDIRECT_HOSTS = 200
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """What only the maker of a workspace gets to see. ``password`` is ``None`` where the administrator had
    one already."""

    workspace_id: int
    administrator_id: int
    password: str | None
    api_key: str


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """A workspace as the other rooms use it. Quiet hours are by its own clock."""

    id: int
    name: str
    default_country: str
    time_zone: str
    language: str
    working_days: bool
    redirect_hosts: tuple[str, ...]
    notify_leads_after: str | None
    quiet_from: time | None
    quiet_until: time | None
    created_at: datetime
    changed_at: datetime


@transaction.atomic
def create_workspace(
    *,
    name: object,
    administrator_email: object,
    administrator_password: str | None = None,
    default_country: object = "US",
    language: object = "en",
    time_zone: object = "UTC",
) -> NewWorkspace:
    """A workspace with its administrator, one secret API key and all that is always there.

    Without a password one is made up. Somebody who has an account already keeps it, and their password.
    Raises ``Invalid`` with every fault.
    """
    faults: list[Fault] = []
    values = _read(
        {"Name": name, "DefaultCountry": default_country, "Language": language, "TimeZone": time_zone}, faults
    )
    email = read_user_email(administrator_email, "/AdministratorEmail", faults)
    raise_faults(faults)
    workspace = Workspace.objects.create(**values, webhook_secret=seal_with_site_key(os.urandom(32)))
    user = User.objects.filter(email__iexact=email).first()
    password = None
    if user is None:
        password = administrator_password or secrets.token_urlsafe(15)
        user = User.objects.create_user(email, password)
    Membership.objects.create(workspace=workspace, user=user, role=Role.ADMINISTRATOR)
    _, api_key = keys.create(workspace.id, name="First key")
    workspace_created.send(sender=Workspace, workspace_id=workspace.id)
    return NewWorkspace(workspace.id, user.id, password, api_key)


def settings(workspace_id: int) -> WorkspaceSettings:
    """The workspace's settings, at most a few seconds old. Raises ``NotFound``."""
    found = _cache.get(workspace_id)
    if found is None:
        raise NotFound("There is no such workspace.")
    return found


def change(workspace_id: int, changes: Mapping[str, object]) -> WorkspaceSettings:
    """Change what ``changes`` names: Name, DefaultCountry, Language, TimeZone, WorkingDays, RedirectHosts,
    NotifyLeadsAfter, QuietFrom with QuietUntil.

    Raises ``Invalid`` with every fault, and ``NotFound``.
    """
    faults: list[Fault] = []
    values = _read(changes, faults)
    raise_faults(faults)
    workspace = Workspace.objects.filter(id=workspace_id).first()
    if workspace is None:
        raise NotFound("There is no such workspace.")
    for field, value in values.items():
        setattr(workspace, field, value)
    workspace.save(update_fields=[*values, "changed_at"])
    _cache.forget(workspace_id)
    return settings(workspace_id)


def webhook_secret(workspace_id: int) -> str:
    """The secret that signs what is told to leads' own webhooks (``whsec_…``). Raises ``NotFound``."""
    sealed = Workspace.objects.filter(id=workspace_id).values_list("webhook_secret", flat=True).first()
    if sealed is None:
        raise NotFound("There is no such workspace.")
    return "whsec_" + base64.b64encode(unseal_with_site_key(bytes(sealed))).decode()


def is_empty() -> bool:
    """Whether there is no workspace yet."""
    return not Workspace.objects.exists()


def _load(workspace_id: int) -> WorkspaceSettings | None:
    row = Workspace.objects.filter(id=workspace_id).first()
    if row is None:
        return None
    return WorkspaceSettings(
        id=row.id,
        name=row.name,
        default_country=row.default_country,
        time_zone=row.time_zone,
        language=row.language,
        working_days=row.working_days,
        redirect_hosts=tuple(row.redirect_hosts),
        notify_leads_after=row.notify_leads_after,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


_cache: ShortCache[int, WorkspaceSettings] = ShortCache(_load)


# --- reading ------------------------------------------------------------------------------------------------


def _read(given: Mapping[str, object], faults: list[Fault]) -> dict[str, Any]:
    """The model's values of the API's fields; what is wrong is added to ``faults``."""
    values: dict[str, Any] = {}
    for field, raw in given.items():
        pointer = f"/{field}"
        if field == "Name":
            values["name"] = read_name(raw, pointer, faults)
        elif field == "WorkingDays":
            values["working_days"] = raw
            if not isinstance(raw, bool):
                faults.append(Fault(pointer, "WrongType", "WorkingDays must be true or false."))
        elif field == "RedirectHosts":
            values["redirect_hosts"] = _read_hosts(raw, faults)
        elif field == "NotifyLeadsAfter":
            values["notify_leads_after"] = _read_duration(raw, pointer, faults)
        elif field in ("QuietFrom", "QuietUntil"):
            column = "quiet_from" if field == "QuietFrom" else "quiet_until"
            values[column] = read_time(raw, pointer, faults)
        elif field in _WORDS:
            column, choices, expected = _WORDS[field]
            values[column] = raw
            if not isinstance(raw, str) or raw not in choices():
                faults.append(Fault(pointer, "WrongValue", f"{field} must be {expected}."))
        else:
            faults.append(Fault(pointer, "UnknownField", f"There is no field {field!r} here."))
    check_quiet_hours(given, "", faults)
    return values


def _read_duration(raw: object, pointer: str, faults: list[Fault]) -> str | None:
    """A duration as it was sent, or ``None``."""
    if raw is None:
        return None
    try:
        parse_duration(raw)
    except ValueError as error:
        faults.append(Fault(pointer, "WrongValue", f"{pointer[1:]} {error}, or null."))
    return str(raw)


_WORDS: Mapping[str, tuple[str, Any, str]] = {
    "DefaultCountry": (
        "default_country",
        lambda: phonenumbers.SUPPORTED_REGIONS,
        "a country by two letters, such as US",
    ),
    "Language": ("language", lambda: LANGUAGES, "one of " + ", ".join(LANGUAGES)),
    "TimeZone": ("time_zone", zoneinfo.available_timezones, "a time zone, such as Europe/Berlin"),
}


def _read_hosts(raw: object, faults: list[Fault]) -> list[str]:
    if not isinstance(raw, list) or len(raw) > MAX_REDIRECT_HOSTS:
        faults.append(
            Fault(
                "/RedirectHosts",
                "WrongType",
                f"RedirectHosts must be a list of at most {MAX_REDIRECT_HOSTS}.",
            )
        )
        return []
    hosts: list[str] = []
    for position, one in enumerate(raw):
        host = one.lower() if isinstance(one, str) else ""
        if _HOST.fullmatch(host):
            hosts.append(host)
        else:
            faults.append(
                Fault(f"/RedirectHosts/{position}", "WrongValue", "A host is a name, such as www.myapp.com.")
            )
    return list(dict.fromkeys(hosts))
