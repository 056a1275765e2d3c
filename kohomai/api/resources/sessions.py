"""``/sessions``: one-time links into the front-office, as the documentation has them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.body import read_json
from kohomai.api.caller import workspace_of
from kohomai.api.operations import operation
from kohomai.api.schemas import journeys as shapes
from kohomai.api.schemas.common import id_of
from kohomai.engine.errors import Fault, Invalid
from kohomai.sessions.services import create_session

router = Router(tags=["sessions"])


@operation(
    router,
    "POST",
    "/sessions",
    id="post_sessions",
    summary="Open a session",
    answers={201: shapes.Session},
    example=examples.SESSION,
    body=shapes.SessionIn,
    body_example={"Journey": {"Id": 9}, "RedirectURL": "https://www.myapp.com"},
    errors=(404,),
)
def post_sessions(request: HttpRequest) -> HttpResponse:
    """For a journey, or for a lead (``User``) in all its journeys. Fields that are not known are passed by."""
    body = read_json(request)
    if not isinstance(body, dict):
        raise Invalid([Fault("", "WrongType", "The body must be a JSON object.")])
    faults: list[Fault] = []
    journey_id, lead_id = _identity(body, "Journey", faults), _identity(body, "User", faults)
    redirect_url = body.get("RedirectURL")
    if redirect_url is not None and not isinstance(redirect_url, str):
        faults.append(Fault("/RedirectURL", "WrongType", "RedirectURL must be text."))
        redirect_url = None
    if faults:
        raise Invalid(faults)
    session = create_session(
        workspace_of(request), journey_id=journey_id, lead_id=lead_id, redirect_url=redirect_url or None
    )
    request.lead_id = session.lead_id  # type: ignore[attr-defined]
    return answer(session.to_json(), 201)


def _identity(body: dict[str, Any], name: str, faults: list[Fault]) -> int | None:
    named = body.get(name)
    if named is None:
        return None
    identity = id_of(named.get("Id")) if isinstance(named, dict) else None
    if identity is None:
        faults.append(Fault(f"/{name}/Id", "WrongType", f"{name}.Id must be a number, or digits."))
    return identity
