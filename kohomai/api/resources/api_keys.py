"""``/api-keys``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import others as shapes
from kohomai.api.schemas.common import Paging
from kohomai.engine.values import parse_date_time
from kohomai.funnels.publishable import create_key
from kohomai.workspaces import keys
from kohomai.workspaces.models import ApiKey

router = Router(tags=["api-keys"])
_NEW = {**examples.API_KEY, "Key": "kh_pub_0123456789abcdefABCDEF012345"}


def show(row: ApiKey, key: str | None = None) -> dict[str, Any]:
    """A key as the API shows it; ``key`` itself only where it was just made."""
    shown: dict[str, Any] = {
        "Id": row.id,
        "Name": row.name,
        "Kind": row.kind,
        "Hint": row.hint,
        "Origins": list(row.origin_refs),
        "WebOrigins": list(row.web_origins),
        "LastUsedAt": moment(row.last_used_at),
        "ExpiresAt": moment(row.expires_at),
        "RevokedAt": moment(row.revoked_at),
        **dates(row),
    }
    return shown if key is None else {**shown, "Key": key}


@operation(
    router,
    "GET",
    "/api-keys",
    id="get_api_keys",
    summary="List API keys",
    answers={200: shapes.ApiKeys},
    example=examples.page(examples.API_KEY),
    headers=("Link",),
)
def get_api_keys(request: HttpRequest, query: Query[Paging]) -> HttpResponse:
    """All keys, revoked ones too; never the keys themselves."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = keys.listed(
        workspace_of(request), after=page.after, limit=page.limit + 1, descending=page.descending
    )
    return listing(request, page, rows, show, lambda row: row.id)


@operation(
    router,
    "POST",
    "/api-keys",
    id="post_api_keys",
    summary="Make an API key",
    answers={201: shapes.NewApiKey},
    example=_NEW,
    body=shapes.ApiKeyIn,
    body_example={
        "Name": "Website",
        "Kind": "Publishable",
        "Origins": ["k3vd9m2xq7ha"],
        "WebOrigins": ["https://www.myapp.com"],
    },
)
def post_api_keys(request: HttpRequest) -> HttpResponse:
    """``Key`` is shown this once. A publishable one is tied to origins and to web origins."""
    body = read_body(request, shapes.ApiKeyIn)
    row, key = body.call(
        lambda: create_key(
            workspace_of(request),
            name=body.get("Name"),
            kind=body.get("Kind", "Secret"),
            origins=body.get("Origins"),
            web_origins=body.get("WebOrigins"),
            expires_at=_moment(body.get("ExpiresAt")),
        )
    )
    return answer(show(row, key), 201, {"Location": f"/api/v1/api-keys/{row.id}"})


def _moment(raw: object) -> datetime | None:
    """The time that was sent; the schema has named it when it is none."""
    try:
        return None if raw is None else parse_date_time(raw)
    except ValueError:
        return None


@operation(
    router,
    "GET",
    "/api-keys/{id:key_id}",
    id="get_api_key",
    summary="Get an API key",
    answers={200: shapes.ApiKey},
    example=examples.API_KEY,
)
def get_api_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """One key, without the key itself."""
    return answer(show(keys.get(workspace_of(request), key_id)))


@operation(
    router,
    "DELETE",
    "/api-keys/{id:key_id}",
    id="delete_api_key",
    summary="Revoke an API key",
    answers={204: None},
)
def delete_api_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """It ends within seconds; what it did stays."""
    keys.revoke(workspace_of(request), key_id)
    return HttpResponse(status=204)


@operation(
    router,
    "POST",
    "/api-keys/{id:key_id}/rotate",
    id="post_api_key_rotate",
    summary="Rotate an API key",
    answers={201: shapes.NewApiKey},
    example=_NEW,
    body=shapes.Rotate,
    body_example={"Overlap": 86400},
    body_optional=True,
)
def post_api_key_rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """A new key in its place; the old one goes on working for ``Overlap`` seconds."""
    body = read_body(request, shapes.Rotate, optional=True)
    row, key = body.call(
        lambda: keys.rotate(
            workspace_of(request), key_id, overlap=timedelta(seconds=int(body.get("Overlap", 86400)))
        )
    )
    return answer(show(row, key), 201, {"Location": f"/api/v1/api-keys/{row.id}"})
