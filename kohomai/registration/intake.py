"""Reading what was sent to the door: every field checked and typed, every fault named at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.system import COMPUTED
from kohomai.engine.errors import Fault, Invalid
from kohomai.engine.values import DataPoint, Value, parse
from kohomai.funnels.origins import OriginInfo
from kohomai.journeys.actors import Actor
from kohomai.journeys.event_types import WEBHOOK_EVENTS
from kohomai.leads.attribution import read_attribution
from kohomai.leads.contact import Address, read_email, read_name, read_phone
from kohomai.leads.webhooks import check_webhook_url
from kohomai.registration.model import LeadHook, Registration
from kohomai.sessions.redirects import check_redirect_url
from kohomai.workspaces.services import WorkspaceSettings

FIELDS = frozenset(
    {
        "Email",
        "Firstname",
        "Lastname",
        "PhoneNumber",
        "RedirectURL",
        "JourneyData",
        "WebhookInput",
        "Attribution",
        "Test",
    }
)
PUBLIC_FIELDS = FIELDS - {"WebhookInput", "Test"}
MAX_HOOKS = 10
MAX_DATA = 1_000


@dataclass(frozen=True, slots=True)
class Context:
    """By which way something came in, and what may be sent that way.

    ``public`` ways (publishable keys, pages) may fill in only the data points their origin lists;
    ``web_origins`` then are the only places a ``RedirectURL`` may lead to (``None``: anywhere allowed).
    ``lenient`` passes unknown fields by, as the older documented calls did.
    """

    workspace: WorkspaceSettings
    origin: OriginInfo
    source: str
    actor: Actor
    public: bool = False
    web_origins: frozenset[str] | None = None
    lenient: bool = False
    language: str | None = None


def read(body: object, context: Context) -> Registration:
    """The registration that ``body`` (the JSON of ``POST /leads``) asks for.

    Raises ``Invalid`` with every fault, each at its place in the body. Nothing is stored.
    """
    if not isinstance(body, dict):
        raise Invalid([Fault("", "WrongType", "The body must be a JSON object.")])
    faults: list[Fault] = []
    if not context.lenient:
        faults += _unknown_fields(body, PUBLIC_FIELDS if context.public else FIELDS)
    address = _email(body, faults)
    names = {name: _take(body, name, read_name, faults) for name in ("Firstname", "Lastname") if name in body}
    phone: Any = ...
    if "PhoneNumber" in body:
        phone = _phone(body["PhoneNumber"], context.workspace.default_country, faults)
    redirect_url = _redirect(body.get("RedirectURL"), context, faults)
    values = read_data(body.get("JourneyData"), context, faults)
    hooks = () if context.public else _hooks(body.get("WebhookInput"), faults)
    attribution, wrong = read_attribution(body.get("Attribution"))
    faults += wrong
    test = False if "Test" in body and body["Test"] is None else body.get("Test")
    if test is not None and not isinstance(test, bool):
        faults.append(Fault("/Test", "WrongType", "Test must be true or false."))
    if faults or address is None:
        raise Invalid(faults)
    return Registration(
        workspace=context.workspace,
        origin=context.origin,
        address=address,
        names=names,
        phone=phone,
        values=values,
        source=context.source,
        actor=context.actor,
        redirect_url=redirect_url,
        redirect_sent="RedirectURL" in body,
        hooks=hooks,
        no_hooks=not context.public and "WebhookInput" in body and body["WebhookInput"] is None,
        attribution=attribution,
        test=test,
        language=context.language,
        public=context.public,
        body=body if context.public else None,
    )


def _unknown_fields(body: Mapping[str, Any], known: frozenset[str]) -> list[Fault]:
    return [
        Fault(f"/{_escape(name)}", "UnknownField", f"There is no field {name!r} here.")
        for name in body
        if name not in known
    ]


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _email(body: Mapping[str, Any], faults: list[Fault]) -> Address | None:
    raw = body.get("Email")
    if raw is None or raw == "":
        faults.append(Fault("/Email", "Required", "Email is required."))
    elif not isinstance(raw, str):
        faults.append(Fault("/Email", "WrongType", "Email must be text."))
    else:
        try:
            return read_email(raw)
        except ValueError as error:
            faults.append(Fault("/Email", "WrongValue", f"Email {error}"))
    return None


def _take(body: Mapping[str, Any], name: str, reader: Callable[[object], Any], faults: list[Fault]) -> Any:
    try:
        return reader(body[name])
    except ValueError as error:
        faults.append(Fault(f"/{name}", "WrongValue", f"{name} {error}."))
        return None


def _phone(raw: object, country: str, faults: list[Fault]) -> Any:
    if raw is None or raw == "":
        return None
    try:
        if not isinstance(raw, str):
            raise ValueError("must be text")
        return read_phone(raw, country)
    except ValueError as error:
        faults.append(Fault("/PhoneNumber", "WrongValue", f"PhoneNumber {error}."))
        return None


def _redirect(raw: object, context: Context, faults: list[Fault]) -> str | None:
    if raw is None or raw == "":
        return None
    fault = check_redirect_url(raw, context.workspace.redirect_hosts)
    if fault is not None:
        faults.append(fault)
        return None
    url = str(raw)
    if context.web_origins is not None:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}".lower() not in context.web_origins:
            faults.append(
                Fault("/RedirectURL", "NotAllowed", "RedirectURL must be on one of the key's web origins.")
            )
            return None
    return url


def read_data(raw: object, context: Context, faults: list[Fault]) -> dict[int, Value | None]:
    """Journey data as sent (``[{"Name", "Value"}]``), typed, by data point ``Id``; appends to ``faults``.

    A name that is not known is looked up once more in the database, since it may just have been made.
    """
    if raw is None:
        return {}
    if not isinstance(raw, list):
        faults.append(Fault("/JourneyData", "WrongType", "JourneyData must be a list of {Name, Value}."))
        return {}
    if len(raw) > MAX_DATA:
        faults.append(Fault("/JourneyData", "TooMany", f"JourneyData has at most {MAX_DATA:,} items."))
        return {}
    points = catalogue(context.workspace.id)
    looked_again = False
    values: dict[int, Value | None] = {}
    for position, item in enumerate(raw):
        pointer = f"/JourneyData/{position}"
        reference, given, wrong = _item(item, pointer, context.lenient)
        faults += wrong
        if reference is None:
            continue
        point = points.find(reference[1])
        if point is None and not looked_again:
            points, looked_again = catalogue(context.workspace.id, fresh=True), True
            point = points.find(reference[1])
        if point is None:
            faults.append(
                Fault(reference[0], "UnknownDataPoint", f"There is no data point {reference[1]!r}.")
            )
        else:
            _put(values, point, given, reference[0], pointer, context, points, faults)
    return values


def _item(item: object, pointer: str, lenient: bool) -> tuple[tuple[str, str | int] | None, Any, list[Fault]]:
    """Place and reference of the data point, and the value, of one item of ``JourneyData``."""
    if not isinstance(item, dict):
        return None, None, [Fault(pointer, "WrongType", "An item of JourneyData is {Name, Value}.")]
    if lenient and "DataPoint" in item:
        inner = item["DataPoint"]
        identity = inner.get("Id") if isinstance(inner, dict) else None
        if isinstance(identity, str) and identity.isascii() and identity.isdigit() and len(identity) < 17:
            identity = int(identity)
        if not isinstance(identity, int) or isinstance(identity, bool):
            return (
                None,
                None,
                [Fault(f"{pointer}/DataPoint/Id", "Required", "DataPoint.Id must be a number.")],
            )
        return (f"{pointer}/DataPoint/Id", identity), item.get("StringValue", item.get("Value")), []
    faults = (
        [] if lenient else [f.under(pointer) for f in _unknown_fields(item, frozenset(("Name", "Value")))]
    )
    name = item.get("Name")
    if not isinstance(name, str) or not name:
        return (
            None,
            None,
            [*faults, Fault(f"{pointer}/Name", "Required", "Name must be a data point's name.")],
        )
    if "Value" not in item and not (lenient and "StringValue" in item):
        return (
            None,
            None,
            [*faults, Fault(f"{pointer}/Value", "Required", "Value is required; null forgets.")],
        )
    return (f"{pointer}/Name", name), item.get("Value", item.get("StringValue")), faults


def _put(
    values: dict[int, Value | None],
    point: DataPoint,
    given: object,
    name_pointer: str,
    pointer: str,
    context: Context,
    points: Catalogue,
    faults: list[Fault],
) -> None:
    if points.is_system(point.id) and point.name in COMPUTED:
        faults.append(Fault(name_pointer, "Computed", f"{point.name} is computed and cannot be sent."))
    elif context.public and point.id not in context.origin.data_points:
        faults.append(Fault(name_pointer, "NotAllowed", f"{point.name} may not be sent to this origin."))
    elif point.id in values:
        faults.append(Fault(name_pointer, "Duplicate", f"{point.name} is there twice."))
    else:
        try:
            values[point.id] = parse(point, given)
        except ValueError as error:
            faults.append(Fault(f"{pointer}/Value", "WrongValue", f"{point.name} {error}."))


def _hooks(raw: object, faults: list[Fault]) -> tuple[LeadHook, ...]:
    """``WebhookInput``: one ``{"URL", "Events", "Secret"}`` or a list of these."""
    if raw is None:
        return ()
    single = not isinstance(raw, list)
    items: Sequence[object] = [raw] if single else raw  # type: ignore[assignment]
    if len(items) > MAX_HOOKS:
        faults.append(Fault("/WebhookInput", "TooMany", f"A lead has at most {MAX_HOOKS} webhooks."))
        return ()
    hooks: dict[str, LeadHook] = {}
    for position, item in enumerate(items):
        pointer = "/WebhookInput" if single else f"/WebhookInput/{position}"
        hook = _hook(item, pointer, faults)
        if hook is not None:
            hooks[hook.url] = hook
    return tuple(hooks.values())


def _hook(item: object, pointer: str, faults: list[Fault]) -> LeadHook | None:
    if not isinstance(item, dict):
        faults.append(Fault(pointer, "WrongType", "A webhook is {URL, Events}."))
        return None
    wrong = [f.under(pointer) for f in _unknown_fields(item, frozenset(("URL", "Events", "Secret")))]
    problem = check_webhook_url(item.get("URL"), settings.KOHOMAI_WEBHOOK_ALLOW)
    if problem:
        code = "WrongValue" if item.get("URL") else "Required"
        wrong.append(Fault(f"{pointer}/URL", code, f"URL {problem}."))
    events = item.get("Events")
    if events is not None:
        if not isinstance(events, list):
            wrong.append(Fault(f"{pointer}/Events", "WrongType", "Events must be a list of event names."))
        else:
            wrong += [
                Fault(f"{pointer}/Events/{place}", "UnknownEvent", "There is no such event.")
                for place, name in enumerate(events)
                if not isinstance(name, str) or name not in WEBHOOK_EVENTS
            ]
    wrong += _secret_faults(item.get("Secret"), pointer)
    if wrong:
        faults += wrong
        return None
    return LeadHook(item["URL"], tuple(events) if events else None, item.get("Secret"))


def _secret_faults(secret: object, pointer: str) -> list[Fault]:
    if secret is None:
        return []
    try:
        if not isinstance(secret, str) or not secret.startswith("whsec_"):
            raise ValueError
        if not 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64:
            raise ValueError
    except (ValueError, binascii.Error):
        detail = "Secret must be whsec_ and the base64 of 24 to 64 bytes."
        return [Fault(f"{pointer}/Secret", "WrongValue", detail)]
    return []
