"""``/webhooks``: so far, those that leads' own programs brought along."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.caller import moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import leads as shapes
from kohomai.leads.models import LeadWebhook

router = Router(tags=["webhooks"])


def show(row: LeadWebhook) -> dict[str, Any]:
    """A lead's webhook as the API shows it, never with its secret."""
    return {
        "Id": row.id,
        "Lead": {"Id": row.lead_id},
        "URL": row.url,
        "Events": row.events,
        "Disabled": row.disabled_at is not None,
        "createdDate": moment(row.created_at),
    }


@operation(
    router,
    "GET",
    "/webhooks",
    id="get_webhooks",
    summary="List webhooks",
    answers={200: shapes.LeadWebhooks},
    example=examples.page(examples.LEAD_WEBHOOK),
    headers=("Link",),
)
def get_webhooks(request: HttpRequest, query: Query[shapes.WebhookQuery]) -> HttpResponse:
    """``WebhookInput`` belongs to the lead it came with."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = LeadWebhook.objects.filter(workspace_id=workspace_of(request))
    if query.Lead is not None:
        rows = rows.filter(lead_id=query.Lead)
    if page.after:
        rows = rows.filter(id__lt=page.after) if page.descending else rows.filter(id__gt=page.after)
    found = list(rows.order_by("-id" if page.descending else "id")[: page.limit + 1])
    return listing(request, page, found, show, lambda row: row.id)
