"""Registering by the API: ``POST /leads``, a batch of them, the older call, and assigning a lead that is there.

``POST /leads`` is the hot path: a plain view that parses, reads, and hands over to the collector.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse

from kohomai.api.answers import answer, dumps, problem_document, raw_answer, status_of
from kohomai.api.bodies import read_body, schema_faults
from kohomai.api.body import BODY_LIMIT, LARGE_BODY_LIMIT, check_media_type, parse, read_bytes, read_json
from kohomai.api.caller import actor_of, key_of, workspace_of
from kohomai.api.door import (
    allow_header,
    allow_web_origin,
    fingerprint_of,
    guarded,
    is_listed_page,
    presented_key,
    replayed,
)
from kohomai.api.schemas.common import id_of
from kohomai.api.schemas.journeys import Assign
from kohomai.api.schemas.leads import LeadsBatch
from kohomai.datapoints.services import mark_used
from kohomai.engine.errors import DomainError, Fault, Forbidden, Gone, Invalid, NotFound
from kohomai.funnels import origins
from kohomai.funnels.origins import OriginInfo
from kohomai.journeys import view
from kohomai.journeys.actors import Actor
from kohomai.registration import collector, service
from kohomai.registration.answering import lead_answer, public_answer, session_answer
from kohomai.registration.intake import Context, read
from kohomai.registration.model import Keep, Outcome, Registration
from kohomai.sessions.limits import count, network_of
from kohomai.workspaces import idempotency
from kohomai.workspaces import services as workspaces
from kohomai.workspaces.keys import PresentedKey
from kohomai.workspaces.models import ApiKey

PUBLISHABLE = ApiKey.Kind.PUBLISHABLE.value
PER_NETWORK = 60
WINDOW = timedelta(minutes=1)
BATCH = 100
"""How many of ``/leads/batch`` go in by one transaction."""
MAX_ITEMS = 1_000
_POLICY = f'"network";q={PER_NETWORK};w={int(WINDOW.total_seconds())}'


# --- POST /leads --------------------------------------------------------------------------------------------


def leads(request: HttpRequest, others: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """``/leads``: registering and its preflight here, everything else by ``others``."""
    if request.method == "POST":
        return readable(request, guarded(request, partial(register_lead, request)))
    if request.method == "OPTIONS" and "HTTP_ORIGIN" in request.META:
        return guarded(request, partial(_preflight, request))
    return others(request)


leads.csrf_exempt = True  # type: ignore[attr-defined]


def readable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """``response`` with the headers that let the page read it, if it may."""
    page = request.META.get("HTTP_ORIGIN")
    if page is not None and _may_read(request, page):
        allow_web_origin(response, page)
    return response


def _may_read(request: HttpRequest, page: str) -> bool:
    """Whether a page may read the answer: never one to a secret key, else when the page is listed."""
    key = getattr(request, "key", None)
    if key is not None:
        return key.kind == PUBLISHABLE and page in key.web_origins
    result: list[bool] = []

    def ask() -> HttpResponse:
        result.append(is_listed_page(request, page))
        return HttpResponse()

    guarded(request, ask)  # with the database away nobody is listed
    return bool(result and result[0])


def _preflight(request: HttpRequest) -> HttpResponse:
    """What a browser asks before it sends: answered by ``?ref=``, since it carries no key."""
    response = HttpResponse(status=204, headers={"Allow": allow_header(("GET", "POST"))})
    page = request.META["HTTP_ORIGIN"]
    if is_listed_page(request, page):
        allow_web_origin(response, page)
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def register_lead(request: HttpRequest) -> HttpResponse:
    """Register one lead and answer it. Raises ``DomainError`` for what is refused."""
    registration, answered = begin(request)
    return answered(collector.register(registration))


def begin(request: HttpRequest) -> tuple[Registration, Callable[[Outcome], HttpResponse]]:
    """What a call asks for, and how its outcome is answered. Raises ``DomainError`` for what is refused."""
    key = presented_key(request)
    request.key = key  # type: ignore[attr-defined]
    public = key.kind == PUBLISHABLE
    context = _public_context(request, key) if public else _context(request, key)
    body = read_bytes(request, BODY_LIMIT)
    check_media_type(request)
    sent = parse(body)
    registration = _read(sent, context)
    if "HTTP_IDEMPOTENCY_KEY" in request.META:
        kept = _public_kept(sent) if public else _kept
        registration.keep = _keep(request, key, kept)
    return registration, partial(_public_answered, sent) if public else _answered


def _answered(outcome: Outcome) -> HttpResponse:
    if outcome.replayed is not None:
        return replayed(*outcome.replayed)
    return raw_answer(dumps(lead_answer(outcome)), _status(outcome))


def _public_answered(sent: Any, outcome: Outcome) -> HttpResponse:
    if outcome.replayed is not None:
        return replayed(*outcome.replayed)
    response = answer(public_answer(outcome, sent), 201)
    response.headers["RateLimit-Policy"] = _POLICY
    return response


def _read(sent: Any, context: Context) -> Registration:
    registration = read(sent, context)
    mark_used(context.workspace.id, registration.values)
    return registration


def _status(outcome: Outcome) -> int:
    return 201 if outcome.result == "Created" else 200


def _kept(outcome: Outcome) -> tuple[int, bytes]:
    return _status(outcome), dumps(lead_answer(outcome))


def _public_kept(sent: Any) -> Callable[[Outcome], tuple[int, bytes]]:
    # Whoever has the public key could ask again: what is kept opens nothing.
    return lambda outcome: (201, dumps(public_answer(outcome, sent, replay=True)))


def _keep(request: HttpRequest, key: PresentedKey, made: Callable[[Outcome], tuple[int, bytes]]) -> Keep:
    """How the answer to this call is kept for its ``Idempotency-Key``. Raises ``Invalid``."""
    return Keep(
        api_key_id=key.id,
        key=idempotency.check_key(request.META["HTTP_IDEMPOTENCY_KEY"]),
        fingerprint=fingerprint_of(request, BODY_LIMIT),
        answer=made,
        seal=partial(idempotency.seal_answer, key.presented),
        unseal=partial(idempotency.open_answer, key.presented),
    )


# --- where to -----------------------------------------------------------------------------------------------


def _context(request: HttpRequest, key: PresentedKey, *, lenient: bool = False) -> Context:
    """What ``?ref=`` or ``?funnel=`` leads to, for a secret key. Raises ``NotFound``, ``Gone``, ``Invalid``."""
    origin = _origin(request, key.workspace_id)
    return Context(
        workspace=workspaces.settings(key.workspace_id),
        origin=origin,
        source="API",
        actor=Actor("Key", key.id),
        lenient=lenient,
    )


def _public_context(request: HttpRequest, key: PresentedKey) -> Context:
    """What a publishable key may do, from where. Raises ``Forbidden``, ``TooMany``, ``NotFound``, ``Invalid``."""
    page = request.META.get("HTTP_ORIGIN", "")
    if page not in key.web_origins:
        raise Forbidden("This publishable key may only be used from the web origins it lists.")
    if "funnel" in request.GET:
        raise Forbidden("A publishable key names an origin with ref; funnel is for secret keys.")
    network = network_of(request.META.get("REMOTE_ADDR", ""))
    who = f"{key.workspace_id} {network}"  # one workspace's visitors do not use up another's
    count("register", who, at_most=PER_NETWORK, per=WINDOW, now=datetime.now(UTC))
    origin = _origin(request, key.workspace_id)
    if origin.ref not in key.origin_refs:
        raise Forbidden("This publishable key is not tied to this origin.")
    return Context(
        workspace=workspaces.settings(key.workspace_id),
        origin=origin,
        source="API",
        actor=Actor("Key", key.id),
        public=True,
        web_origins=key.web_origins,
        language=_language(request),
    )


def _language(request: HttpRequest) -> str | None:
    """The first language that the browser asks for, if we speak it."""
    first = request.META.get("HTTP_ACCEPT_LANGUAGE", "").partition(",")[0].partition(";")[0]
    short = first.strip().partition("-")[0].lower()
    return short if short in workspaces.LANGUAGES else None


def _origin(request: HttpRequest, workspace_id: int) -> OriginInfo:
    refs, funnels = request.GET.getlist("ref"), request.GET.getlist("funnel")
    if len(refs) + len(funnels) != 1:
        detail = "Name the origin with ref, or the funnel with funnel: one of the two."
        code = "Required" if not refs and not funnels else "NotBoth"
        raise Invalid([Fault(None, code, detail, parameter="ref")])
    if refs:
        origin = origins.find(refs[0])
        if origin is None or origin.workspace_id != workspace_id:
            raise NotFound("There is no origin of this reference.")
        if origin.closed:
            if origin.type == "Page":
                raise Gone("This registration page is closed.")
            raise NotFound("The origin of this reference is closed.")
        return origin
    funnel_id = id_of(funnels[0])
    if funnel_id is None:
        raise NotFound("There is no such funnel.")
    origin = origins.api_origin_of(workspace_id, funnel_id)
    if origin.closed:
        raise NotFound("This funnel is archived.")
    return origin


# --- a batch ------------------------------------------------------------------------------------------------


def register_batch(request: HttpRequest) -> HttpResponse:
    """Register up to 1,000 leads; each item is answered as the single call would be."""
    context = _context(request, key_of(request))
    sent = read_json(request, LARGE_BODY_LIMIT)
    if not isinstance(sent, dict):
        raise Invalid([Fault("", "WrongType", "The body must be a JSON object.")])
    items = sent.get("Items")
    if not isinstance(items, list) or not 0 < len(items) <= MAX_ITEMS or len(sent) > 1:
        faults = [fault for fault in schema_faults(sent, LeadsBatch) if fault.pointer in ("", "/Items")]
        unknown = [fault for fault in schema_faults(sent, LeadsBatch) if fault.code == "UnknownField"]
        raise Invalid(list(dict.fromkeys(faults + unknown)))
    answers: list[dict[str, Any]] = []
    for start in range(0, len(items), BATCH):
        answers += _register_some(items[start : start + BATCH], context)
    return answer({"Items": answers})


def _register_some(items: list[Any], context: Context) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = [{}] * len(items)
    going: list[tuple[int, Registration]] = []
    for place, item in enumerate(items):
        try:
            going.append((place, _read(item, context)))
        except DomainError as error:
            answers[place] = _refused(error)
    results = service.register([registration for _, registration in going])
    for (place, _), result in zip(going, results, strict=True):
        if isinstance(result, DomainError):
            answers[place] = _refused(result)
        elif isinstance(result, Exception):
            raise result
        else:
            answers[place] = {"Status": _status(result), **lead_answer(result)}
    return answers


def _refused(error: DomainError) -> dict[str, Any]:
    status = status_of(error)
    return {"Status": status, **problem_document(status, error.detail, getattr(error, "faults", ()))}


# --- the older call, and assigning --------------------------------------------------------------------------


_NESTED = {
    "/Email": "/Journey/User/ContactPrefs/Email",
    "/Firstname": "/Journey/User/Firstname",
    "/Lastname": "/Journey/User/Lastname",
    "/PhoneNumber": "/Journey/User/PhoneNumber",
}
"""Where the fields of the nested body stand, by those of the flat one."""


def register_old(request: HttpRequest) -> HttpResponse:
    """``POST /journeys?ref=``: a flat or a nested body, unknown fields passed by, always a session."""
    key = key_of(request)
    context = _context(request, key, lenient=True)
    sent = read_json(request)
    nested = isinstance(sent, dict) and isinstance(sent.get("Journey"), dict)
    try:
        registration = _read(_flat(sent) if nested else sent, context)
    except Invalid as refused:
        raise Invalid([_nested_fault(fault) if nested else fault for fault in refused.faults]) from None
    registration.always_session = True
    if "HTTP_IDEMPOTENCY_KEY" in request.META:
        registration.keep = _keep(request, key, lambda outcome: (201, dumps(session_answer(outcome))))
    outcome = collector.register(registration)
    if outcome.replayed is not None:
        return replayed(*outcome.replayed)
    return answer(session_answer(outcome), 201)


def _flat(sent: dict[str, Any]) -> dict[str, Any]:
    """The nested body as the flat one."""
    journey = sent["Journey"]
    user = _object(journey, "User")
    contact = _object(user, "ContactPrefs")
    flat: dict[str, Any] = {"Email": contact.get("Email", user.get("Email"))}
    for name in ("Firstname", "Lastname", "PhoneNumber"):
        for part in (user, contact):
            if name in part:
                flat.setdefault(name, part[name])
    for name in ("RedirectURL", "WebhookInput", "Attribution", "Test"):
        for part in (sent, journey):
            if name in part:
                flat.setdefault(name, part[name])
    if "JourneyData" in journey:
        flat["JourneyData"] = journey["JourneyData"]
    return flat


def _object(part: dict[str, Any], name: str) -> dict[str, Any]:
    found = part.get(name)
    return found if isinstance(found, dict) else {}


def _nested_fault(fault: Fault) -> Fault:
    pointer = fault.pointer or ""
    if pointer.startswith("/JourneyData"):
        pointer = "/Journey" + pointer
    return Fault(_NESTED.get(pointer, pointer), fault.code, fault.detail, fault.parameter)


def assign_lead(request: HttpRequest) -> HttpResponse:
    """``POST /journeys {"Lead", "Funnel"}``: the journey of a lead that is there, by the re-entry rule."""
    key, workspace_id = key_of(request), workspace_of(request)
    body = read_body(request, Assign)
    lead_id, funnel_id = (
        id_of(named.get("Id")) if isinstance(named, dict) else None
        for named in (body.get("Lead"), body.get("Funnel"))
    )
    if body.faults or lead_id is None or funnel_id is None:
        raise Invalid(body.faults or [Fault("/Lead/Id", "WrongType", "Ids are numbers, or digits.")])
    lead = view.lead(workspace_id, lead_id)
    origin = origins.api_origin_of(workspace_id, funnel_id)
    if origin.closed:
        raise NotFound("This funnel is archived.")
    context = Context(workspaces.settings(workspace_id), origin, "API", actor_of(request))
    fields = {name: body.get(name) for name in ("RedirectURL", "JourneyData") if name in body}
    registration = _read({"Email": lead["Email"], **fields}, context)
    if "HTTP_IDEMPOTENCY_KEY" in request.META:
        registration.keep = _keep(request, key, _assigned)
    outcome = collector.register(registration)
    if outcome.replayed is not None:
        return replayed(*outcome.replayed)
    status, written = _assigned(outcome)
    return raw_answer(written, status)


def _assigned(outcome: Outcome) -> tuple[int, bytes]:
    """201 with the journey where this call has made it, 200 where it was there."""
    return (201 if outcome.decisions is not None else 200), dumps(lead_answer(outcome)["Journey"])
