"""Lists: ``limit``, ``cursor``, ``order``, and where the next page is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kohomai.api.answers import answer
from kohomai.engine.errors import Fault, Invalid

T = TypeVar("T")
_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: up to ``limit`` beyond the ``Id`` ``after`` (0: from the start)."""

    after: int
    limit: int
    descending: bool


def encode_cursor(*place: int) -> str:
    """A place in a list as text that promises nothing."""
    return base64.urlsafe_b64encode(".".join(map(str, place)).encode()).decode().rstrip("=")


def decode_cursor(text: str, length: int) -> tuple[int, ...]:
    """The place that ``encode_cursor`` was given. Raises ``Invalid``."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        place = tuple(int(part) for part in plain.split("."))
        if len(text) > 100 or len(place) != length or not all(0 <= part < 2**63 for part in place):
            raise ValueError
    except (ValueError, binascii.Error):
        raise Invalid(
            [Fault(None, "WrongValue", "This is no cursor of this list.", parameter="cursor")]
        ) from None
    return place


def page_of(limit: int, cursor: str | None, order: str) -> Page:
    """The page that the query asks for. Raises ``Invalid`` for a cursor that is none."""
    after = decode_cursor(cursor, 1)[0] if cursor else 0
    if after > _MAX:
        raise Invalid([Fault(None, "WrongValue", "This is no cursor of this list.", parameter="cursor")])
    return Page(after, limit, order == "-Id")


def listing(
    request: HttpRequest,
    page: Page,
    rows: Sequence[T],
    show: Callable[[T], dict[str, Any]],
    identify: Callable[[T], int],
) -> HttpResponse:
    """The answer for ``rows``, which are one more than asked for where there is a next page."""
    shown = rows[: page.limit]
    following = encode_cursor(identify(shown[-1])) if len(rows) > page.limit and shown else None
    return page_answer(request, [show(row) for row in shown], following)


def page_answer(request: HttpRequest, items: list[Any], following: str | None) -> HttpResponse:
    """A list's answer, with its ``Link`` to the next page where there is one."""
    response = answer({"Items": items, "Next": following})
    if following is not None:
        query = request.GET.copy()
        query["cursor"] = following
        url = f"{settings.KOHOMAI_URL}{request.path_info}?{urlencode(sorted(query.items()))}"
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response
