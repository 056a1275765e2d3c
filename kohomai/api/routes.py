"""All resources together, each path behind the door."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from kohomai.api import converters
from kohomai.api.bodies import parameter_faults
from kohomai.api.door import door
from kohomai.api.operations import OPERATIONS
from kohomai.api.register import leads
from kohomai.engine.errors import Invalid

# These keep the idempotency keys themselves: in the transaction of the batch they go in with, or in none (``once``).
_OWN_KEEPING = frozenset(
    (
        "/journeys",
        "/enrichment-providers/{id:provider_id}/test",
        "/company-directory/uploads",
        "/workspace/smtp/test",
    )
)


class ApiKeyAuth(HttpBearer):
    """``Authorization: Bearer <key>``; the door has checked it already."""

    openapi_name = "ApiKey"

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The key that the door has let in."""
        return getattr(request, "key", None)


converters.register()
api = NinjaAPI(
    title="Kohomai",
    version="1",
    description="Registers leads, qualifies them in real time and gives each one its journey.",
    docs_url=None,
    openapi_url=None,
    auth=ApiKeyAuth(),
    urls_namespace="api",
)


@api.exception_handler(ValidationError)
def _refuse_query(request: HttpRequest, error: ValidationError) -> HttpResponse:
    raise Invalid(parameter_faults(error.errors))


def _add_routers() -> None:
    from kohomai.api.resources import (
        activities,
        api_keys,
        datapoints,
        directory,
        email_templates,
        emails,
        enrichment,
        events,
        funnels,
        journeys,
        leads,
        origins,
        secrets,
        sessions,
        smtp,
        users,
        webhooks,
        workspace,
    )

    for module in (
        leads,
        journeys,
        activities,
        funnels,
        origins,
        datapoints,
        sessions,
        users,
        api_keys,
        events,
        emails,
        email_templates,
        webhooks,
        secrets,
        enrichment,
        directory,
        workspace,
        smtp,
    ):
        api.add_router("", module.router)
    api.add_router("", enrichment.leads)


_add_routers()


@lru_cache(maxsize=1)
def raw_schema() -> dict[str, Any]:
    """The router's own description of paths and queries."""
    return dict(api.get_openapi_schema(path_prefix=""))


def _parameters(route: str) -> dict[str, frozenset[str]]:
    """The names that each method of a path takes in the query."""
    found: dict[str, frozenset[str]] = {}
    for method, described in raw_schema()["paths"].get(route, {}).items():
        names = {p["name"] for p in described["parameters"] if p["in"] == "query"}
        names |= {p["name"] for p in OPERATIONS[described["operationId"]].query}
        found[method.upper()] = frozenset(names)
    return found


def urlpatterns() -> list[URLPattern]:
    """The paths below ``/api/v1/``."""
    methods: dict[str, set[str]] = defaultdict(set)
    for operation in OPERATIONS.values():
        methods[operation.path].add(operation.method)
    views: dict[str, Any] = {
        _shown(f"/{str(pattern.pattern).lstrip('/')}"): pattern.callback for pattern in api.urls[0]
    }
    patterns: list[URLPattern] = []
    for route, taken in methods.items():
        view: Callable[..., HttpResponse] = door(
            views[_shown(route)],
            taken,
            _parameters(_shown(route)),
            own_keeping=route in _OWN_KEEPING,
        )
        if route == "/leads":
            patterns.insert(0, path("leads", _csrf_exempt(partial(leads, others=view))))
        else:
            patterns.append(path(route.lstrip("/").replace("{", "<").replace("}", ">"), view))
    return patterns


def _csrf_exempt(view: Any) -> Any:
    view.csrf_exempt = True
    return view


def _shown(route: str) -> str:
    """A path without the converters of its ids."""
    return route.replace("{id:", "{").replace("<id:", "{").replace("<", "{").replace(">", "}")
