"""``/enrichment-providers``, and what enrichment does about a lead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples_enrichment as examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, moment, workspace_of
from kohomai.api.door import fingerprint_of
from kohomai.api.once import apart
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_answer, page_of
from kohomai.api.schemas import enrichment as shapes
from kohomai.api.schemas.common import Paging
from kohomai.datapoints.catalogue import Catalogue, catalogue
from kohomai.datapoints.http_services import service_of
from kohomai.datapoints.models import EnrichmentCall, HttpProvider, ProviderMonth
from kohomai.delivery.enrichment import configuring, history, runs, trying
from kohomai.delivery.enrichment.history import Shown
from kohomai.delivery.enrichment.request import HIDDEN, known_headers
from kohomai.delivery.enrichment.trying import Tried
from kohomai.engine.durations import write_duration
from kohomai.engine.values import to_api

router = Router(tags=["enrichment-providers"])
leads = Router(tags=["leads"])


def show(workspace_id: int, rows: Sequence[HttpProvider]) -> list[dict[str, Any]]:
    """Services as the API shows them, with their last months."""
    points = catalogue(workspace_id)
    months = configuring.months(workspace_id, [service_of(row).key for row in rows])
    return [_show(row, points, months[service_of(row).key]) for row in rows]


def _show(row: HttpProvider, points: Catalogue, months: Sequence[ProviderMonth]) -> dict[str, Any]:
    return {
        "Id": row.id,
        "Name": row.name,
        "URL": row.url,
        "Method": row.method,
        "Headers": [{"Name": name, "Value": HIDDEN} for name, _ in known_headers(bytes(row.headers))],
        "Body": row.body,
        "Mapping": [
            {"DataPoint": points.name(one["Id"]), "Path": one["Path"], "Currency": one["Currency"]}
            for one in row.mapping
        ],
        "TimeLimit": row.time_limit,
        "CacheFor": write_duration(timedelta(seconds=row.cache_for)),
        "RateLimit": row.rate_limit,
        "Cost": _amount(row.cost, row.currency),
        "MonthlyBudget": _amount(row.monthly_budget, row.currency),
        "Active": row.active,
        "Position": row.position,
        "PausedUntil": moment(row.paused_until),
        "Months": [_month(month, row.currency) for month in months],
        **dates(row),
    }


def _month(month: ProviderMonth, currency: str | None) -> dict[str, Any]:
    return {
        "Month": f"{month.month:%Y-%m}",
        "Calls": month.calls,
        "Hits": month.hits,
        "Misses": month.misses,
        "Failures": month.failures,
        "Cached": month.cached,
        "Cost": _amount(month.cost, currency),
    }


def _amount(amount: Decimal | None, currency: str | None) -> dict[str, Any] | None:
    if amount is None or currency is None:
        return None
    return {"Amount": amount.normalize() if amount else Decimal(0), "Currency": currency}


@operation(
    router,
    "GET",
    "/enrichment-providers",
    id="get_enrichment_providers",
    summary="List enrichment providers",
    answers={200: shapes.EnrichmentProviders},
    example=examples.page(examples.PROVIDER),
)
def get_enrichment_providers(request: HttpRequest) -> HttpResponse:
    """All HTTP services that are asked about leads, in order; at most 50, on one page."""
    workspace_id = workspace_of(request)
    return page_answer(request, show(workspace_id, configuring.listed(workspace_id)), None)


@operation(
    router,
    "POST",
    "/enrichment-providers",
    id="post_enrichment_providers",
    summary="Make an enrichment provider",
    answers={201: shapes.EnrichmentProvider},
    example=examples.NEW_PROVIDER,
    body=shapes.ProviderIn,
    body_example=examples.PROVIDER_IN,
)
def post_enrichment_providers(request: HttpRequest) -> HttpResponse:
    """It is asked after those that are there, about leads that register from now on."""
    body = read_body(request, shapes.ProviderIn)
    row = body.call(lambda: configuring.create(workspace_of(request), body.fields))
    location = {"Location": f"/api/v1/enrichment-providers/{row.id}"}
    return answer(show(row.workspace_id, [row])[0], 201, location)


@operation(
    router,
    "POST",
    "/enrichment-providers/order",
    id="post_enrichment_providers_order",
    summary="Put enrichment providers in order",
    answers={200: shapes.EnrichmentProviders},
    example=examples.page(examples.PROVIDER),
    body=shapes.ProviderOrder,
    body_example={"Order": [3]},
)
def post_enrichment_providers_order(request: HttpRequest) -> HttpResponse:
    """``Order`` names each once, the one that is asked first at first."""
    workspace_id = workspace_of(request)
    body = read_body(request, shapes.ProviderOrder)
    rows = body.call(lambda: configuring.reorder(workspace_id, body.get("Order")))
    return page_answer(request, show(workspace_id, rows), None)


@operation(
    router,
    "GET",
    "/enrichment-providers/{id:provider_id}",
    id="get_enrichment_provider",
    summary="Get an enrichment provider",
    answers={200: shapes.EnrichmentProvider},
    example=examples.PROVIDER,
)
def get_enrichment_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """One of them, with what it did and cost in the last twelve months."""
    workspace_id = workspace_of(request)
    return answer(show(workspace_id, [configuring.get(workspace_id, provider_id)])[0])


@operation(
    router,
    "PATCH",
    "/enrichment-providers/{id:provider_id}",
    id="patch_enrichment_provider",
    summary="Change an enrichment provider",
    answers={200: shapes.EnrichmentProvider},
    example=examples.PROVIDER,
    body=shapes.ProviderChange,
    body_example={"RateLimit": 60, "Active": True},
)
def patch_enrichment_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """What is not named stays. Where the request or the mapping changes, answers that were kept are used no more."""
    workspace_id = workspace_of(request)
    body = read_body(request, shapes.ProviderChange)
    row = body.call(lambda: configuring.change(workspace_id, provider_id, body.fields))
    return answer(show(workspace_id, [row])[0])


@operation(
    router,
    "DELETE",
    "/enrichment-providers/{id:provider_id}",
    id="delete_enrichment_provider",
    summary="Delete an enrichment provider",
    answers={204: None},
)
def delete_enrichment_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """It is asked nothing more. What it has found stays."""
    configuring.delete(workspace_of(request), provider_id)
    return HttpResponse(status=204)


@operation(
    router,
    "POST",
    "/enrichment-providers/{id:provider_id}/test",
    id="post_enrichment_provider_test",
    summary="Try an enrichment provider",
    answers={200: shapes.ProviderTried},
    example=examples.TRIED,
    body=shapes.ProviderTest,
    body_example={"Email": "jo@bank.example"},
    errors=(429,),
)
def post_enrichment_provider_test(request: HttpRequest, provider_id: int) -> HttpResponse:
    """It is called now, whether it is active or not: this counts, and costs, as any call. No lead is changed."""
    workspace_id = workspace_of(request)
    body = read_body(request, shapes.ProviderTest)

    def work() -> HttpResponse:
        return answer(_tried(trying.try_out(workspace_id, provider_id, body.get("Email"))))

    if body.faults:
        configuring.get(workspace_id, provider_id)
        body.call(lambda: None)
    return apart(request, lambda: fingerprint_of(request), work)


def _tried(tried: Tried) -> dict[str, Any]:
    request = tried.request
    return {
        "Request": request
        and {
            "Method": request.method,
            "URL": request.url,
            "Headers": [{"Name": name, "Value": value} for name, value in tried.headers],
            "Body": request.body.decode() or None,
        },
        "Answer": tried.answer and {"Status": tried.answer.status, "Body": tried.body},
        "Took": tried.took_ms,
        "Found": [{"Name": point.name, "Value": to_api(value)} for point, value in tried.found],
        "Error": tried.error,
    }


# --- about a lead -------------------------------------------------------------------------------------------


@operation(
    leads,
    "GET",
    "/leads/{id:lead_id}/enrichments",
    id="get_lead_enrichments",
    summary="List what was asked about a lead",
    answers={200: shapes.Enrichments},
    example=examples.page(examples.ENRICHMENT),
    headers=("Link",),
)
def get_lead_enrichments(request: HttpRequest, lead_id: int, query: Query[Paging]) -> HttpResponse:
    """Each run with the questions it put: to whom, for what, how long it took, what it cost, what was found. Kept for
    90 days."""
    workspace_id = workspace_of(request)
    page = page_of(query.limit, query.cursor, query.order)
    rows = history.listed(
        workspace_id, lead_id, after=page.after, limit=page.limit + 1, descending=page.descending
    )
    points = catalogue(workspace_id)
    return listing(request, page, rows, lambda row: _run(row, points), lambda row: row.run.id)


@operation(
    leads,
    "POST",
    "/leads/{id:lead_id}/enrich",
    id="post_lead_enrich",
    summary="Find out about a lead anew",
    answers={202: shapes.Enrichment},
    example={**examples.ENRICHMENT, "Cause": "Asked", "Status": "Waiting", "Calls": [], "EndedAt": None},
)
def post_lead_enrich(request: HttpRequest, lead_id: int) -> HttpResponse:
    """All providers are asked in order, soon, for what they promise and nobody has given; no answer that was kept is
    used. What is found replaces what was found before."""
    workspace_id = workspace_of(request)
    run_id = runs.ask_anew(workspace_id, lead_id)
    return answer(_run(history.get(workspace_id, run_id), catalogue(workspace_id)), 202)


def _run(shown: Shown, points: Catalogue) -> dict[str, Any]:
    run = shown.run
    return {
        "Id": run.id,
        "Lead": {"Id": run.lead_id},
        "Cause": run.cause,
        "Status": run.status,
        "Sought": _names(run.sought, points),
        "Calls": [_call(call, points) for call in shown.calls],
        "Error": run.last_error,
        "createdDate": moment(run.created_at),
        "EndedAt": moment(run.ended_at),
    }


def _call(call: EnrichmentCall, points: Catalogue) -> dict[str, Any]:
    return {
        "Provider": call.name,
        "At": moment(call.at),
        "Asked": _names(call.asked, points),
        "Found": None if call.found is None else _names(call.found, points),
        "Cached": call.cached,
        "Status": call.status,
        "Error": call.error,
        "Took": call.took_ms,
        "Cost": _amount(call.cost, call.currency),
    }


def _names(ids: Sequence[int], points: Catalogue) -> list[str]:
    return [points.name(point_id) for point_id in ids]
