"""``/emails``: the built-in outbox."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.caller import moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import others as shapes
from kohomai.delivery.models import Email
from kohomai.engine.errors import NotFound

router = Router(tags=["emails"])


def show(row: Email) -> dict[str, Any]:
    """A mail as the API shows it."""
    return {
        "Id": row.id,
        "Kind": row.kind,
        "To": row.to,
        "Subject": row.subject,
        "Text": row.text,
        "HTML": row.html,
        "Language": row.language,
        "Status": row.status,
        "Lead": None if row.lead_id is None else {"Id": row.lead_id},
        "Journey": None if row.journey_id is None else {"Id": row.journey_id},
        "createdDate": moment(row.created_at),
        "SentAt": moment(row.sent_at),
    }


@operation(
    router,
    "GET",
    "/emails",
    id="get_emails",
    summary="List mails",
    answers={200: shapes.Emails},
    example=examples.page(examples.EMAIL),
    headers=("Link",),
)
def get_emails(request: HttpRequest, query: Query[shapes.EmailQuery]) -> HttpResponse:
    """What was written, or would have been sent."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = Email.objects.filter(workspace_id=workspace_of(request))
    if query.To is not None:
        rows = rows.filter(to__iexact=query.To)
    for column, wanted in (("kind", query.Kind), ("status", query.Status), ("lead_id", query.Lead)):
        if wanted is not None:
            rows = rows.filter(**{column: wanted})
    if page.after:
        rows = rows.filter(id__lt=page.after) if page.descending else rows.filter(id__gt=page.after)
    found = list(rows.order_by("-id" if page.descending else "id")[: page.limit + 1])
    return listing(request, page, found, show, lambda row: row.id)


@operation(
    router,
    "GET",
    "/emails/{id:email_id}",
    id="get_email",
    summary="Get a mail",
    answers={200: shapes.Email},
    example=examples.EMAIL,
)
def get_email(request: HttpRequest, email_id: int) -> HttpResponse:
    """One mail."""
    row = Email.objects.filter(workspace_id=workspace_of(request), id=email_id).first()
    if row is None:
        raise NotFound("There is no such mail.")
    return answer(show(row))
