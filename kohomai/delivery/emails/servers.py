"""The mail server of a workspace: set, read, taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from kohomai.delivery.models import SmtpServer
from kohomai.engine.errors import Fault, NotFound
from kohomai.engine.values import parse_text
from kohomai.leads.contact import read_email
from kohomai.leads.webhooks import check_webhook_url
from kohomai.workspaces.checks import raise_faults
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

SECURITIES = ("TLS", "StartTLS", "None")
LEASE = 150.0
"""Seconds after which another worker may send what was taken and not ended."""

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_LONGEST = {"Username": 320, "Password": 1_000, "FromName": 200}
# What waits for a later try goes out soon: the new settings may be what it waited for. (What is on lease is left.)
_HURRY = (
    "UPDATE delivery_email SET next_at = now() WHERE workspace_id = %s AND status = 'Waiting'"
    " AND next_at > now() + make_interval(secs => %s::float8)"
)
_KEEP = (
    "UPDATE delivery_email SET status = 'Kept', next_at = NULL WHERE workspace_id = %s AND status = 'Waiting'"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A workspace's mail server, as it is used. ``bounce_address`` is where servers report to what could not be
    delivered; without one it is ``from_address``."""

    workspace_id: int
    host: str
    port: int
    security: str
    username: str | None
    sealed_password: bytes | None = field(repr=False)
    from_address: str
    from_name: str | None
    reply_to: str | None
    bounce_address: str | None
    created_at: datetime
    changed_at: datetime

    def password(self) -> str:
        """The password, empty where there is none. Raises ``ValueError`` when the site's key is another one now."""
        if self.sealed_password is None:
            return ""
        return unseal_with_site_key(self.sealed_password).decode()


def find(workspace_id: int) -> Server | None:
    """The workspace's server, if it has one."""
    row = SmtpServer.objects.filter(workspace_id=workspace_id).first()
    if row is None:
        return None
    sealed = None if row.password is None else bytes(row.password)
    return Server(
        row.workspace_id, row.host, row.port, row.security, row.username, sealed, row.from_address,
        row.from_name, row.reply_to, row.bounce_address, row.created_at, row.changed_at,
    )  # fmt: skip


def get(workspace_id: int) -> Server:
    """The workspace's server. Raises ``NotFound``."""
    found = find(workspace_id)
    if found is None:
        raise NotFound("No mail server is set: mails are kept in the outbox.")
    return found


def put(workspace_id: int, fields: Mapping[str, object]) -> Server:
    """Set the server: Host, Port, Security, Username, Password, FromAddress, FromName, ReplyTo, BounceAddress.

    What is not named is empty, but the password stays as it was, unless the host is another: nobody who may set a
    server is to have a password that they do not know told to it. Raises ``Invalid`` with every fault.
    """
    faults: list[Fault] = []
    values = _read(fields, faults)
    before = find(workspace_id)
    keeps = before is not None and before.sealed_password and "Password" not in fields
    if keeps and before is not None and values["host"] not in ("", before.host):
        faults.append(
            Fault("/Password", "Required", "Password must be said again for another Host, or be null.")
        )
    raise_faults(faults)
    with transaction.atomic(), connection.cursor() as cursor:
        SmtpServer.objects.update_or_create(
            workspace_id=workspace_id, defaults={**values, "changed_at": Now()}
        )
        cursor.execute(_HURRY, [workspace_id, LEASE])
    return get(workspace_id)


def delete(workspace_id: int) -> None:
    """Send nothing more: what still waits is kept in the outbox. Raises ``NotFound``."""
    with transaction.atomic(), connection.cursor() as cursor:
        deleted, _ = SmtpServer.objects.filter(workspace_id=workspace_id).delete()
        if not deleted:
            raise NotFound("No mail server is set.")
        cursor.execute(_KEEP, [workspace_id])


# --- reading ------------------------------------------------------------------------------------------------


def _read(fields: Mapping[str, object], faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "host": _host(fields.get("Host"), faults),
        "port": _port(fields.get("Port"), faults),
        "security": fields.get("Security"),
        "username": _text(fields, "Username", faults, ascii_only=True),
        "from_address": read_address(fields.get("FromAddress"), "/FromAddress", faults, required=True),
        "from_name": _text(fields, "FromName", faults),
        "reply_to": read_address(fields.get("ReplyTo"), "/ReplyTo", faults),
        "bounce_address": read_address(fields.get("BounceAddress"), "/BounceAddress", faults),
    }
    if values["security"] not in SECURITIES:
        faults.append(Fault("/Security", "WrongValue", f"Security is one of {', '.join(SECURITIES)}."))
    if "Password" in fields:
        password = _text(fields, "Password", faults, ascii_only=True)
        values["password"] = None if password is None else seal_with_site_key(password.encode())
    return values


def _host(raw: object, faults: list[Fault]) -> str:
    if not raw:
        faults.append(Fault("/Host", "Required", "Host is required."))
        return ""
    if not isinstance(raw, str) or not _HOST.fullmatch(raw):
        faults.append(Fault("/Host", "WrongValue", "Host is the name of a server, such as smtp.myapp.com."))
        return ""
    shown = f"[{raw}]" if ":" in raw else raw
    wrong = check_webhook_url(f"https://{shown}/", settings.KOHOMAI_WEBHOOK_ALLOW)
    if wrong is not None:
        faults.append(Fault("/Host", "Refused", f"Host {wrong}."))
    return raw.lower()


def _port(raw: object, faults: list[Fault]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw < 65_536:
        faults.append(Fault("/Port", "WrongValue", "Port is a number from 1 to 65535, mostly 465 or 587."))
        return 0
    return raw


def _text(
    fields: Mapping[str, object], name: str, faults: list[Fault], *, ascii_only: bool = False
) -> str | None:
    raw = fields.get(name)
    if raw is None or raw == "":
        return None
    try:
        text = parse_text(raw)
    except ValueError as error:
        faults.append(Fault(f"/{name}", "WrongValue", f"{name} {error}."))
        return None
    if len(text) > _LONGEST[name]:
        detail = f"{name} must not be longer than {_LONGEST[name]} characters."
        faults.append(Fault(f"/{name}", "WrongValue", detail))
    elif not text.isprintable() or (ascii_only and not text.isascii()):
        written = "printable ASCII: signing in takes no other letters" if ascii_only else "one line"
        faults.append(Fault(f"/{name}", "WrongValue", f"{name} must be {written}."))
    return text


def read_address(raw: object, pointer: str, faults: list[Fault], *, required: bool = False) -> str | None:
    """An e-mail address; what is wrong with it is added to ``faults``."""
    name = pointer.rpartition("/")[2]
    if raw is None or raw == "":
        if required:
            faults.append(Fault(pointer, "Required", f"{name} is required."))
        return None
    try:
        return read_email(parse_text(raw)).email
    except ValueError as error:
        faults.append(Fault(pointer, "WrongValue", f"{name} {error}."))
        return None
