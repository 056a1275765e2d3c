"""Reading how an HTTP service is set up: every field checked, every fault named at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from kohomai.activities import answers, texts
from kohomai.activities.headers import check_headers
from kohomai.datapoints.catalogue import Catalogue, catalogue, name_key
from kohomai.datapoints.models import HttpProvider
from kohomai.datapoints.providers import MAX_NAME, LeadFacts, is_reserved, providers
from kohomai.delivery.enrichment.facts import texts_of
from kohomai.delivery.enrichment.request import HIDDEN, MAX_BODY, known_headers, seal_headers
from kohomai.engine.currencies import CURRENCIES
from kohomai.engine.durations import parse_duration
from kohomai.engine.errors import Fault
from kohomai.engine.system import COMPUTED
from kohomai.engine.values import Amount, DataPoint, ValueType, parse_amount, parse_text
from kohomai.leads.webhooks import check_webhook_url
from kohomai.workspaces.checks import read_name

METHODS = ("GET", "POST", "PUT")
TIME_LIMIT, LONGEST = 5.0, 30.0
"""Seconds that a service has, unless it is said, and at most."""
CACHE_FOR = "P30D"
"""How long an answer is kept, unless it is said."""
MAX_RATE = 60_000
MAX_MAPPED = 100
MAX_HEADERS = 50
MAX_HEADER = 4_000

FIELDS = frozenset(
    (
        "Name", "URL", "Method", "Headers", "Body", "Mapping", "TimeLimit", "CacheFor", "RateLimit", "Cost",
        "MonthlyBudget", "Active",
    )
)  # fmt: skip


@dataclass(slots=True)
class Read:
    """What was sent, as columns of the row, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def take(self, column: str, pointer: str, reader: Callable[[], Any]) -> None:
        """Read one field; a ``ValueError`` is the rest of a sentence about it."""
        try:
            self.values[column] = reader()
        except (ValueError, RecursionError) as error:
            label = pointer.lstrip("/").split("/")[0]
            self.faults.append(Fault(pointer, "WrongValue", f"{label} {error}."))


def read(workspace_id: int, sent: Mapping[str, object], row: HttpProvider | None) -> Read:
    """What was sent of a service: of a new one (``row`` is ``None``) all, else what is to be changed."""
    found = Read()
    points = catalogue(workspace_id, fresh=True)
    new = row is None
    if new or "Name" in sent:
        _name(found, workspace_id, sent.get("Name"), row)
    if new or "URL" in sent:
        found.take("url", "/URL", lambda: _url(sent.get("URL"), points))
    if "Method" in sent:
        found.take("method", "/Method", lambda: _method(sent["Method"]))
    if "Headers" in sent:
        _headers(found, sent["Headers"], row)
    if "Body" in sent:
        found.take("body", "/Body", lambda: _body(sent["Body"]))
    if new or "Mapping" in sent:
        _mapping(found, sent.get("Mapping"), points)
    if "TimeLimit" in sent:
        found.take("time_limit", "/TimeLimit", lambda: _time_limit(sent["TimeLimit"]))
    if new or "CacheFor" in sent:
        found.take("cache_for", "/CacheFor", lambda: _seconds(sent.get("CacheFor", CACHE_FOR)))
    if "RateLimit" in sent:
        found.take("rate_limit", "/RateLimit", lambda: _rate(sent["RateLimit"]))
    _money(found, sent, row)
    if "Active" in sent:
        found.take("active", "/Active", lambda: _yes_no(sent["Active"]))
    _together(found, row)
    _same_host(found, sent, row)
    return found


def taken(name: str) -> Fault:
    """The name is another's."""
    return Fault("/Name", "Taken", f"There is an enrichment provider {name!r} already.")


def _name(found: Read, workspace_id: int, raw: object, row: HttpProvider | None) -> None:
    name = read_name(raw, "/Name", found.faults, longest=MAX_NAME)
    if not name:
        return
    others = HttpProvider.objects.filter(workspace_id=workspace_id, name_key=name_key(name))
    ours = {name_key(provider.name) for provider in providers()}
    if is_reserved(name) or name_key(name) in ours or others.exclude(id=row.id if row else 0).exists():
        found.faults.append(taken(name))
    if len(name_key(name)) > MAX_NAME:
        found.faults.append(
            Fault("/Name", "WrongValue", f"Name must not be longer than {MAX_NAME} characters.")
        )
    found.values |= {"name": name, "name_key": name_key(name)}


def _url(raw: object, points: Catalogue) -> str:
    url = parse_text(raw) if raw else ""
    if len(url) > 2_000:
        raise ValueError("must not be longer than 2,000 characters")
    texts.check_address(url)
    somebody = LeadFacts(points.workspace_id, 0, "jo@bank.example", "Jo", "Doe", "+18005550175", points)
    filled = texts.render(url, texts_of(somebody), "url")
    if wrong := check_webhook_url(filled, settings.KOHOMAI_WEBHOOK_ALLOW):
        raise ValueError(wrong)
    return url


def _method(raw: object) -> str:
    if raw not in METHODS:
        raise ValueError(f"must be one of {', '.join(METHODS)}")
    return str(raw)


def _headers(found: Read, raw: object, row: HttpProvider | None) -> None:
    items = raw if raw is not None else []
    if not isinstance(items, list) or len(items) > MAX_HEADERS:
        found.faults.append(
            Fault("/Headers", "WrongType", f"Headers must be a list of at most {MAX_HEADERS}.")
        )
        return
    before = {name.lower(): value for name, value in known_headers(bytes(row.headers))} if row else {}
    headers: list[tuple[str, str]] = []
    for place, item in enumerate(items):
        pair = item if isinstance(item, dict) else {}
        name, value = pair.get("Name"), pair.get("Value")
        if not isinstance(name, str) or not isinstance(value, str) or set(pair) != {"Name", "Value"}:
            detail = "A header is {Name, Value}, both texts."
            found.faults.append(Fault(f"/Headers/{place}", "WrongType", detail))
            continue
        if value == HIDDEN and name.lower() in before:
            value = before[name.lower()]
        if len(value) > MAX_HEADER or not all(" " <= letter <= "~" for letter in value):
            detail = f"Value must be at most {MAX_HEADER:,} printable characters of ASCII."
            found.faults.append(Fault(f"/Headers/{place}/Value", "WrongValue", detail))
        headers.append((name, value.strip()))
    found.faults += check_headers([name for name, _ in headers], "/Headers")
    found.values["headers"] = seal_headers(headers)


def _body(raw: object) -> object:
    if raw is None:
        return None
    if not isinstance(raw, dict | list):
        raise ValueError("must be a JSON object or a list")
    texts.check_body(raw)
    # A column of JSON keeps no decimals: numbers are kept as they are written.
    plain = orjson.loads(orjson.dumps(raw, default=lambda value: orjson.Fragment(f"{value:f}")))
    if len(orjson.dumps(plain)) > MAX_BODY:
        raise ValueError(f"must not be larger than {MAX_BODY:,} bytes")
    return plain


def _mapping(found: Read, raw: object, points: Catalogue) -> None:
    if not isinstance(raw, list) or not 0 < len(raw) <= MAX_MAPPED:
        code = "Required" if not raw else "WrongType"
        detail = f"Mapping must be a list of 1 to {MAX_MAPPED} of {{DataPoint, Path, Currency}}."
        found.faults.append(Fault("/Mapping", code, detail))
        return
    mapped: list[dict[str, Any]] = []
    for place, item in enumerate(raw):
        one = _mapped(found, item, f"/Mapping/{place}", points)
        if one is not None:
            mapped.append(one)
    found.values["mapping"] = mapped


def _mapped(found: Read, item: object, pointer: str, points: Catalogue) -> dict[str, Any] | None:
    if not isinstance(item, dict) or not set(item) <= {"DataPoint", "Path", "Currency"}:
        found.faults.append(Fault(pointer, "WrongType", "This must be {DataPoint, Path, Currency}."))
        return None
    faults = [
        *_point_faults(item.get("DataPoint"), pointer, points),
        *_path_faults(item.get("Path"), pointer),
    ]
    point = points.find(item["DataPoint"]) if not faults else None
    currency = item.get("Currency")
    if point is not None and currency is not None:
        if point.type is not ValueType.AMOUNT:
            faults.append(Fault(f"{pointer}/Currency", "NotAllowed", f"{point.name} is no amount."))
        elif not isinstance(currency, str) or currency.upper() not in CURRENCIES:
            detail = "Currency must be an ISO 4217 code, such as EUR."
            faults.append(Fault(f"{pointer}/Currency", "WrongValue", detail))
    found.faults += faults
    if faults or point is None:
        return None
    return {"Id": point.id, "Path": item["Path"], "Currency": currency and currency.upper()}


def _point_faults(raw: object, pointer: str, points: Catalogue) -> list[Fault]:
    pointer = f"{pointer}/DataPoint"
    point: DataPoint | None = points.find(raw) if isinstance(raw, str | int) else None
    if point is None:
        return [Fault(pointer, "UnknownDataPoint", "There is no such data point.")]
    if points.is_system(point.id) and point.name in COMPUTED:
        return [Fault(pointer, "Computed", f"{point.name} is computed by the system: nobody finds it out.")]
    if point.id in points.archived:
        return [Fault(pointer, "NotAllowed", f"{point.name} is archived.")]
    if point.type is ValueType.DOCUMENT:
        return [Fault(pointer, "NotAllowed", f"{point.name} holds documents, which no answer does.")]
    return []


def _path_faults(raw: object, pointer: str) -> list[Fault]:
    try:
        answers.check_path(parse_text(raw))
    except ValueError as error:
        return [Fault(f"{pointer}/Path", "WrongValue" if raw else "Required", f"Path {error}.")]
    return []


def _time_limit(raw: object) -> float:
    if raw is None:
        return TIME_LIMIT
    if isinstance(raw, str):
        seconds = parse_duration(raw).total_seconds()
    elif isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        seconds = float(raw)
    else:
        raise ValueError("must be seconds")
    if not 0.1 <= seconds <= LONGEST:
        raise ValueError(f"must be between 0.1 and {LONGEST:g} seconds")
    return seconds


def _seconds(raw: object) -> int:
    return int(parse_duration(CACHE_FOR if raw is None else raw).total_seconds())


def _rate(raw: object) -> int | None:
    if raw is None:
        return None
    if not isinstance(raw, int) or isinstance(raw, bool) or not 1 <= raw <= MAX_RATE:
        raise ValueError(f"must be a number of calls a minute, from 1 to {MAX_RATE:,}")
    return raw


def _yes_no(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")
    return raw


def _money(found: Read, sent: Mapping[str, object], row: HttpProvider | None) -> None:
    """The cost of a call, and a budget in the same currency."""
    read: dict[str, Amount | None] = {}
    for name in ("Cost", "MonthlyBudget"):
        if name in sent:
            found.take("", f"/{name}", lambda name=name: read.update({name: _amount(sent[name])}))  # type: ignore[misc]
    found.values.pop("", None)
    if "Cost" in read:
        cost = read["Cost"]
        found.values |= {"cost": cost and cost.amount, "currency": cost.currency if cost else None}
    if "MonthlyBudget" in read:
        budget = read["MonthlyBudget"]
        found.values["monthly_budget"] = budget and budget.amount
        currency = found.values.get("currency", row.currency if row else None)
        if budget is not None and currency is not None and budget.currency != currency:
            detail = f"MonthlyBudget must be in the currency of Cost, {currency}."
            found.faults.append(Fault("/MonthlyBudget", "WrongValue", detail))


def _amount(raw: object) -> Amount | None:
    if raw is None or raw == "":
        return None
    amount = parse_amount(raw)
    if amount.amount < 0:
        raise ValueError("must not be negative")
    return amount


def _together(found: Read, row: HttpProvider | None) -> None:
    """What does not go together, as it would stand then."""

    def now(column: str, default: Any = None) -> Any:
        return found.values.get(column, getattr(row, column) if row else default)

    if now("body") is not None and now("method", "GET") == "GET":
        found.faults.append(Fault("/Body", "NotAllowed", "A GET has no body: say Method."))
    if now("monthly_budget") is not None and now("cost") is None:
        found.faults.append(Fault("/MonthlyBudget", "NotAllowed", "A budget needs the Cost of a call."))


def _same_host(found: Read, sent: Mapping[str, object], row: HttpProvider | None) -> None:
    """Headers whose values are not said again are sent to the host that they were given for, and to no other."""
    url = found.values.get("url")
    if row is None or url is None or not row.headers or _host(url) == _host(row.url):
        return
    items = sent.get("Headers")
    kept = isinstance(items, list) and any(
        isinstance(one, dict) and one.get("Value") == HIDDEN for one in items
    )
    if kept or "Headers" not in sent:
        detail = "The values of Headers must be said again for another host, or be left out ([])."
        found.faults.append(Fault("/Headers", "Required", detail))


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
