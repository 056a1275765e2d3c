"""WebhookCall: calls an address with data of the journey, and takes data from what is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from kohomai.activities import texts
from kohomai.activities.answers import check_path, read, taken
from kohomai.activities.base import BaseType, Duration, Point, Settings, Template, Text
from kohomai.activities.headers import check_headers
from kohomai.activities.services import Answer, GivenUp, Place, Services, Situation, TryAgain
from kohomai.engine.errors import Fault
from kohomai.engine.system import COMPUTED
from kohomai.engine.types import Outcome
from kohomai.engine.values import Value, ValueType

LONGEST = timedelta(seconds=15)
MAX_BODY = 100_000
"""Bytes of what is sent at most."""
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others when it is tried again; all other failures stay what they are."""


class Header(Settings):
    """A header, its value with data in it."""

    name: str
    value: Template


class Taken(Settings):
    """What is taken from the answer: where it stands (JSONPath, RFC 9535), and the data point it goes to. ``Currency``
    is that of a bare number that goes to an amount."""

    data_point: Point
    path: str
    currency: Text | None = None

    @field_validator("path")
    @classmethod
    def _readable(cls, raw: str) -> str:
        try:
            return check_path(raw)
        except ValueError as error:
            raise PydanticCustomError("WrongValue", "{reason}", {"reason": str(error)}) from None


class WebhookCallSettings(Settings):
    """Where to call and how, what to send, what to take from the answer. ``OnFailure``: after the last try it has
    failed and waits for a manager, or goes on as completed with ``OK`` false."""

    url: Annotated[Template, Field(alias="URL")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[list[Header], Field(max_length=50)] = []
    body: Any = None
    take: Annotated[list[Taken], Field(max_length=100)] = []
    signed: bool = True
    time_limit: Duration = timedelta(seconds=10)
    on_failure: Literal["Fail", "GoOn"] = "Fail"


class WebhookCall(BaseType[WebhookCallSettings]):
    """Done when the answer is a 2xx. It may arrive twice with the same ``Idempotency-Key``."""

    name = "WebhookCall"
    model = WebhookCallSettings
    automatic = True
    place = Place.OUTSIDE
    results = {"OK": ValueType.YES_NO, "Status": ValueType.NUMBER}
    pauses = (1.0, 5.0, 30.0, 120.0, 600.0, 1_800.0)
    longest = 20.0

    def faults(self, settings: WebhookCallSettings) -> list[Fault]:
        """An address whose host is not written out, headers that cannot be sent, a body that cannot be filled in, data
        points that cannot be set."""
        faults = check_headers([one.name for one in settings.headers], "/Settings/Headers")
        for pointer, check, value in (
            ("URL", texts.check_address, settings.url),
            ("Body", texts.check_body, settings.body),
        ):
            try:
                check(value)
            except (ValueError, RecursionError) as error:
                faults.append(Fault(f"/Settings/{pointer}", "WrongValue", f"This {error}."))
        if len(orjson.dumps(settings.body, default=_exact)) > MAX_BODY:
            detail = f"This must not be larger than {MAX_BODY:,} bytes."
            faults.append(Fault("/Settings/Body", "Limit", detail))
        if settings.body is not None and settings.method in ("GET", "DELETE"):
            faults.append(Fault("/Settings/Body", "NotAllowed", f"A {settings.method} has no body."))
        if not timedelta() < settings.time_limit <= LONGEST:
            detail = f"This must be a duration of at most {LONGEST.total_seconds():g} seconds."
            faults.append(Fault("/Settings/TimeLimit", "WrongValue", detail))
        for place, one in enumerate(settings.take):
            if one.data_point.name in COMPUTED:
                detail = f"{one.data_point.name} cannot be set: it is filled by the system."
                faults.append(Fault(f"/Settings/Take/{place}/DataPoint", "NotAllowed", detail))
        return faults

    def accepts(self, settings: WebhookCallSettings) -> frozenset[int]:
        """What it takes from the answer."""
        return frozenset(one.data_point.id for one in settings.take)

    def run(self, settings: WebhookCallSettings, situation: Situation, services: Services) -> Outcome:
        """Call, and take from the answer what is to be taken. Raises ``TryAgain`` and ``GivenUp``."""
        url, headers, body = _request(settings, situation, services)
        answer = services.calls.call(
            url,
            method=settings.method,
            headers=headers,
            body=body,
            time_limit=settings.time_limit.total_seconds(),
            signed=settings.signed,
        )
        if not 200 <= answer.status < 300:
            return self._refused(settings, answer)
        if settings.take and answer.broken_off:
            raise TryAgain("Its answer broke off.")
        data, missing = _taken(settings, answer)
        explanation: dict[str, Any] = {"Status": answer.status}
        if missing:
            explanation["NotTaken"] = missing
        return Outcome(data, result={"OK": True, "Status": answer.status}, explanation=explanation)

    def _refused(self, settings: WebhookCallSettings, answer: Answer) -> Outcome:
        detail = f"It answered {answer.status}."
        if answer.status in PASSING:
            after = answer.headers.get("retry-after", "")
            raise TryAgain(detail, float(after) if after.isdecimal() and len(after) < 7 else None)
        if settings.on_failure == "GoOn":
            return Outcome(
                result={"OK": False, "Status": answer.status}, explanation={"Status": answer.status}
            )
        raise GivenUp(detail)

    def failed(self, settings: WebhookCallSettings, detail: str) -> Outcome | None:
        """What it comes to when no try has succeeded: nothing, unless the journey is to go on all the same."""
        if settings.on_failure != "GoOn":
            return None
        return Outcome(result={"OK": False}, explanation={"Error": detail})


def _request(
    settings: WebhookCallSettings, situation: Situation, services: Services
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The address, the headers and the body, filled in. Raises ``GivenUp`` where that cannot be done."""
    values = {**situation.texts, "Secret": services.calls.secrets}
    try:
        url = texts.render(settings.url, values, "url")
        headers = [(one.name, _one_line(texts.render(one.value, values))) for one in settings.headers]
        body = b""
        if settings.method not in ("GET", "DELETE"):
            sent = _usual(situation) if settings.body is None else texts.fill(settings.body, values)
            body = orjson.dumps(sent, default=_exact)
    except ValueError as error:
        raise GivenUp(f"What is to be sent {error}.") from None
    if len(body) > MAX_BODY:
        raise GivenUp(f"What is to be sent is larger than {MAX_BODY:,} bytes.")
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return url, headers, body


def _usual(situation: Situation) -> dict[str, Any]:
    """What is sent where no body is set: whom it is about, and all that the journey knows."""
    data = situation.texts["Data"]
    return {
        "Lead": dict(situation.texts["Lead"]),
        "Journey": dict(situation.texts["Journey"]),
        "Data": texts.fill("{{ Data }}", {"Data": data}),
    }


def _one_line(text: str) -> str:
    """A header's value as it can be sent: what is no printable ASCII would be another header, or none."""
    return "".join(letter for letter in text if " " <= letter <= "~").strip()


def _exact(value: Any) -> Any:
    return orjson.Fragment(f"{value:f}")


def _taken(
    settings: WebhookCallSettings, answer: Answer
) -> tuple[dict[int, Value | None], list[dict[str, str]]]:
    """Values by data point ``Id``; and what was not there, or was of another type, with the reason."""
    data: dict[int, Value | None] = {}
    missing: list[dict[str, str]] = []
    if not settings.take:
        return data, missing
    try:
        document = read(answer.body)
    except ValueError as error:
        raise GivenUp(f"What it answered {error}.") from None
    for one in settings.take:
        try:
            data[one.data_point.id] = taken(document, one.path, one.data_point, one.currency)
        except ValueError as error:
            missing.append({"DataPoint": one.data_point.name, "Reason": str(error)[:200]})
    return data, missing


TYPE = WebhookCall()
