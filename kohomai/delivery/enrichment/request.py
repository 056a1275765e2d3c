"""The request that a service is sent about a lead, and what is taken from its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from kohomai.activities import answers, texts
from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.http_services import Service
from kohomai.datapoints.providers import LeadFacts
from kohomai.delivery.enrichment.facts import texts_of
from kohomai.engine.values import Value
from kohomai.workspaces.secrets import seal_with_site_key, unseal_with_site_key

MAX_BODY = 100_000
"""Bytes of what is sent at most."""
OF_THE_DOMAIN = frozenset(("Domain", "EmailIsFree", "EmailIsDisposable", "Workspace"))
"""Names that tell nothing of a lead but the domain of its address: who shares it is answered alike."""
HIDDEN = "hidden"
"""What is shown of a header's value, and sent by who leaves it as it is."""

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. ``key`` is a hash of it; ``personal`` says whether it tells more of the lead than its domain."""

    method: str
    url: str
    headers: Headers
    body: bytes
    key: bytes
    personal: bool


def seal_headers(headers: Headers) -> bytes:
    """Headers as they are kept."""
    return seal_with_site_key(orjson.dumps([list(one) for one in headers])) if headers else b""


def open_headers(sealed: bytes) -> list[tuple[str, str]]:
    """What ``seal_headers`` was given. Raises ``ValueError`` when the site's key is another one now."""
    return [(name, value) for name, value in orjson.loads(unseal_with_site_key(sealed))] if sealed else []


def known_headers(sealed: bytes) -> list[tuple[str, str]]:
    """The same; none where they cannot be read any more."""
    try:
        return open_headers(sealed)
    except ValueError:
        return []


def fill(service: Service, facts: LeadFacts) -> Request:
    """The request about this lead. Raises ``ValueError`` with the rest of a sentence about it."""
    values = texts_of(facts)
    url = texts.render(service.url, values, "url")
    body = b""
    if service.body is not None:
        body = orjson.dumps(texts.fill(service.body, values), default=_exact)
    if len(body) > MAX_BODY:
        raise ValueError(f"is larger than {MAX_BODY:,} bytes")
    try:
        headers = open_headers(service.headers)
    except ValueError:
        raise ValueError("has headers that cannot be read any more: KOHOMAI_SECRET_KEY has changed") from None
    personal = bool(_names(service) - OF_THE_DOMAIN)
    told = (str(service.version), service.method, url, str(facts.lead_id if personal else 0))
    key = sha256(b"".join(len(part).to_bytes(8, "big") + part for part in (*map(str.encode, told), body)))
    return Request(service.method, url, _complete(headers, body), body, key.digest(), personal)


def taken(service: Service, document: Any, points: Catalogue) -> tuple[dict[int, Value], list[str]]:
    """What is found in an answer, by data point ``Id``; and of what is not, why."""
    found: dict[int, Value] = {}
    wrong: list[str] = []
    for one in service.mapping:
        point = points.by_id.get(one.data_point_id)
        if point is None or point.id in found:
            continue
        try:
            value = answers.taken(document, one.path, point, one.currency)
        except ValueError as error:
            wrong.append(f"{point.name} {error}.")
            continue
        if value is not None:
            found[point.id] = value
    return found, wrong


def _complete(headers: Headers, body: bytes) -> Headers:
    """The headers with those that are ours, and those that are usual where nothing else is said."""
    named = {name.lower() for name, _ in headers}
    usual = [("Accept", "application/json")]
    if body:
        usual.append(("Content-Type", "application/json"))
    ours = [("User-Agent", "Kohomai"), ("Accept-Encoding", "identity")]
    return [*headers, *(one for one in usual if one[0].lower() not in named), *ours]


def _names(service: Service) -> set[str]:
    """The names that its texts read."""
    return {path[0] for text in _texts((service.url, service.body)) for path in texts.names(text) if path}


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield name
            yield from _texts(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _texts(inner)


def _exact(value: Any) -> Any:
    return orjson.Fragment(f"{value:f}")
