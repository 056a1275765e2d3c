"""``/webhooks``: endpoints of the workspace, and those that leads' own programs brought along."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import TypeAdapter

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import webhooks as shapes
from kohomai.delivery.webhooks import endpoints, log
from kohomai.delivery.webhooks.endpoints import Webhook
from kohomai.engine.errors import Fault, Invalid

router = Router(tags=["webhooks"])
_MOMENT = TypeAdapter(datetime)
_NEW = {**examples.WEBHOOK, "Secret": examples.WEBHOOK_SECRET}


def show(webhook: Webhook, secret: str | None = None) -> dict[str, Any]:
    """A webhook as the API shows it; its secret only where that was just made."""
    shown: dict[str, Any] = {
        "Id": webhook.id,
        "Lead": None if webhook.lead_id is None else {"Id": webhook.lead_id},
        "URL": webhook.url,
        "Events": webhook.events,
        "Disabled": webhook.disabled_at is not None,
        "DisabledReason": webhook.disabled_reason,
        "FailingSince": moment(webhook.failing_since),
        "FormerSecretUntil": moment(webhook.former_until),
        **dates(webhook),
    }
    return shown if secret is None else {**shown, "Secret": secret}


@operation(
    router,
    "GET",
    "/webhooks",
    id="get_webhooks",
    summary="List webhooks",
    answers={200: shapes.Webhooks},
    example=examples.page(examples.WEBHOOK),
    headers=("Link",),
)
def get_webhooks(request: HttpRequest, query: Query[shapes.WebhookQuery]) -> HttpResponse:
    """Endpoints, and leads' own webhooks with their ``Lead``."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = endpoints.listed(
        workspace_of(request),
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
        lead_id=query.Lead,
    )
    return listing(request, page, rows, show, lambda row: row.id)


@operation(
    router,
    "POST",
    "/webhooks",
    id="post_webhooks",
    summary="Make a webhook",
    answers={201: shapes.NewWebhook},
    example=_NEW,
    body=shapes.WebhookIn,
    body_example={"URL": "https://www.myapp.com/hook", "Events": ["journey.completed"]},
)
def post_webhooks(request: HttpRequest) -> HttpResponse:
    """``Secret`` is shown this once. No ``Events`` means all."""
    body = read_body(request, shapes.WebhookIn)
    webhook, secret = body.call(
        lambda: endpoints.create(workspace_of(request), url=body.get("URL"), events=body.get("Events"))
    )
    return answer(show(webhook, secret), 201, {"Location": f"/api/v1/webhooks/{webhook.id}"})


@operation(
    router,
    "GET",
    "/webhooks/{id:webhook_id}",
    id="get_webhook",
    summary="Get a webhook",
    answers={200: shapes.Webhook},
    example=examples.WEBHOOK,
)
def get_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One webhook, without its secret."""
    return answer(show(endpoints.get(workspace_of(request), webhook_id)))


@operation(
    router,
    "PATCH",
    "/webhooks/{id:webhook_id}",
    id="patch_webhook",
    summary="Change a webhook",
    answers={200: shapes.Webhook},
    example=examples.WEBHOOK,
    body=shapes.WebhookChange,
    body_example={"Events": ["journey.completed", "journey.stopped"], "Disabled": False},
)
def patch_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """What is not named stays. What was missed while it was disabled is told by a replay."""
    body = read_body(request, shapes.WebhookChange)
    return answer(show(body.call(lambda: endpoints.change(workspace_of(request), webhook_id, body.fields))))


@operation(
    router,
    "DELETE",
    "/webhooks/{id:webhook_id}",
    id="delete_webhook",
    summary="Delete a webhook",
    answers={204: None},
)
def delete_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """It is told nothing more."""
    endpoints.delete(workspace_of(request), webhook_id)
    return HttpResponse(status=204)


@operation(
    router,
    "POST",
    "/webhooks/{id:webhook_id}/rotate",
    id="post_webhook_rotate",
    summary="Rotate a webhook's secret",
    answers={201: shapes.NewWebhook},
    example=_NEW,
    body=shapes.RotateSecret,
    body_example={"Overlap": 86400},
    body_optional=True,
)
def post_webhook_rotate(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """A new secret; the old one goes on signing beside it for ``Overlap`` seconds."""
    body = read_body(request, shapes.RotateSecret, optional=True)
    webhook, secret = body.call(
        lambda: endpoints.rotate(
            workspace_of(request), webhook_id, timedelta(seconds=int(body.get("Overlap", 86400)))
        )
    )
    return answer(show(webhook, secret), 201)


@operation(
    router,
    "POST",
    "/webhooks/{id:webhook_id}/test",
    id="post_webhook_test",
    summary="Send a test event",
    answers={202: shapes.WebhookDeliveryWhole},
    example={**examples.DELIVERY_WHOLE, "Event": None, "Type": "webhook.test", "MessageId": "evt_test_31"},
)
def post_webhook_test(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """It is told ``webhook.test``, once, whatever its ``Events`` are."""
    workspace = workspace_of(request)
    delivery = endpoints.test(workspace, webhook_id)
    return answer(log.delivery(workspace, webhook_id, delivery), 202)


@operation(
    router,
    "POST",
    "/webhooks/{id:webhook_id}/replay",
    id="post_webhook_replay",
    summary="Tell a webhook again",
    answers={202: shapes.Replay},
    example={"Webhook": {"Id": 6}, "Since": examples.CREATED},
    body=shapes.ReplayIn,
    body_example={"Since": examples.CREATED},
)
def post_webhook_replay(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """All that it wants to know and that happened from ``Since`` on, also what was missed while it was disabled."""
    body = read_body(request, shapes.ReplayIn)

    def begin() -> datetime:
        since = _MOMENT.validate_python(body.get("Since"))
        endpoints.replay(workspace_of(request), webhook_id, since)
        return since

    return answer({"Webhook": {"Id": webhook_id}, "Since": moment(body.call(begin))}, 202)


@operation(
    router,
    "GET",
    "/webhooks/{id:webhook_id}/deliveries",
    id="get_webhook_deliveries",
    summary="List a webhook's deliveries",
    answers={200: shapes.WebhookDeliveries},
    example=examples.page(examples.DELIVERY),
    headers=("Link",),
)
def get_webhook_deliveries(
    request: HttpRequest, webhook_id: int, query: Query[shapes.DeliveryQuery]
) -> HttpResponse:
    """Each event that it was, is or was not told."""
    if query.Status is not None and query.Status not in log.STATUSES:
        raise Invalid(
            [Fault(None, "WrongValue", f"Status is one of {', '.join(log.STATUSES)}.", parameter="Status")]
        )
    page = page_of(query.limit, query.cursor, query.order)
    rows = log.deliveries(
        workspace_of(request),
        webhook_id,
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
        status=query.Status,
    )
    return listing(request, page, rows, lambda row: row, lambda row: int(row["Id"]))


@operation(
    router,
    "GET",
    "/webhooks/{id:webhook_id}/deliveries/{id:delivery_id}",
    id="get_webhook_delivery",
    summary="Get a delivery",
    answers={200: shapes.WebhookDeliveryWhole},
    example=examples.DELIVERY_WHOLE,
)
def get_webhook_delivery(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """One delivery with its attempts: request, answer, time. Attempts are kept for 30 days."""
    return answer(log.delivery(workspace_of(request), webhook_id, delivery_id))


@operation(
    router,
    "POST",
    "/webhooks/{id:webhook_id}/deliveries/{id:delivery_id}/replay",
    id="post_webhook_delivery_replay",
    summary="Make a delivery again",
    answers={202: shapes.WebhookDeliveryWhole},
    example=examples.DELIVERY_WHOLE,
)
def post_webhook_delivery_replay(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """The same event under the same ``webhook-id``, now."""
    workspace = workspace_of(request)
    endpoints.replay_one(workspace, webhook_id, delivery_id)
    return answer(log.delivery(workspace, webhook_id, delivery_id), 202)
