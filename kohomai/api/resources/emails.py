"""``/emails``: the outbox, what came back, and who has unsubscribed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.body import read_bytes
from kohomai.api.caller import moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import emails as shapes
from kohomai.api.schemas.common import id_of
from kohomai.delivery.emails import bounces, outbox, unsubscribes
from kohomai.delivery.emails.bounces import Report
from kohomai.delivery.emails.unsubscribes import Entry
from kohomai.delivery.models import Email
from kohomai.engine.errors import Fault, Invalid, NotFound

router = Router(tags=["emails"])


def show(row: Email) -> dict[str, Any]:
    """A mail as the API shows it."""
    return {
        "Id": row.id,
        "Kind": row.kind,
        "Category": row.category,
        "To": row.to,
        "Subject": row.subject,
        "Text": outbox.said(row.text),
        "HTML": None if row.html is None else outbox.said(row.html),
        "Language": row.language,
        "Status": row.status,
        "Tries": row.tries,
        "NextAt": moment(row.next_at),
        "LastError": row.last_error,
        "Lead": None if row.lead_id is None else {"Id": row.lead_id},
        "Journey": None if row.journey_id is None else {"Id": row.journey_id},
        "createdDate": moment(row.created_at),
        "SentAt": moment(row.sent_at),
        "EndedAt": moment(row.ended_at),
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
    """What was written, and what became of it."""
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
    """One mail. Its text is thrown away 90 days after it was written."""
    return answer(show(outbox.get(workspace_of(request), email_id)))


@operation(
    router,
    "POST",
    "/emails/{id:email_id}/retry",
    id="post_email_retry",
    summary="Send a mail once more",
    answers={202: shapes.Email},
    example={
        **examples.EMAIL,
        "Status": "Waiting",
        "SentAt": None,
        "EndedAt": None,
        "NextAt": examples.CHANGED,
    },
)
def post_email_retry(request: HttpRequest, email_id: int) -> HttpResponse:
    """One that has failed, has bounced, or was only kept; it is tried as if it were new."""
    return answer(show(outbox.retry(workspace_of(request), email_id)), 202)


@operation(
    router,
    "POST",
    "/emails/bounces",
    id="post_email_bounces",
    summary="Report a mail that was not delivered",
    answers={200: shapes.Email},
    example={**examples.EMAIL, "Status": "Bounced", "LastError": "550 5.1.1 no such user"},
    body=shapes.BounceIn,
    body_example={"Email": {"Id": 5}, "Reason": "550 5.1.1 no such user", "Permanent": True},
    other_bodies=bounces.MEDIA_TYPES,
    errors=(404,),
)
def post_email_bounces(request: HttpRequest) -> HttpResponse:
    """JSON, for the hooks of mail services; or a delivery status notification as it came (``message/rfc822``,
    ``multipart/report``). What is not permanent is only noted."""
    media_type = request.META.get("CONTENT_TYPE", "")
    workspace = workspace_of(request)
    if media_type.partition(";")[0].strip().lower() in bounces.MEDIA_TYPES:
        try:
            report = bounces.read_report(bounces.whole(read_bytes(request), media_type))
        except ValueError as error:
            raise Invalid([Fault("", "WrongValue", str(error))]) from None
        return answer(show(bounces.note(workspace, report)))
    body = read_body(request, shapes.BounceIn)

    def note() -> Email:
        email_id = id_of(body.get("Email")["Id"])
        if email_id is None:
            raise NotFound("There is no such mail.")
        return bounces.note(workspace, Report(email_id, body.get("Reason"), body.get("Permanent")))

    return answer(show(body.call(note)))


# --- who has unsubscribed -------------------------------------------------------------------------------------


def show_entry(entry: Entry) -> dict[str, Any]:
    """Somebody who has unsubscribed, as the API shows it."""
    return {
        "Id": entry.id,
        "Category": entry.category,
        "Email": entry.email,
        "Lead": None if entry.lead_id is None else {"Id": entry.lead_id},
        "createdDate": moment(entry.created_at),
    }


@operation(
    router,
    "GET",
    "/emails/unsubscribed",
    id="get_emails_unsubscribed",
    summary="List who has unsubscribed",
    answers={200: shapes.UnsubscribedList},
    example=examples.page(examples.UNSUBSCRIBED),
    headers=("Link",),
)
def get_emails_unsubscribed(request: HttpRequest, query: Query[shapes.UnsubscribedQuery]) -> HttpResponse:
    """Addresses are not kept, only their digests: ask for one by ``Email``; those of leads are shown."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = unsubscribes.listed(
        workspace_of(request),
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
        address=query.Email,
        category=query.Category,
    )
    return listing(request, page, rows, show_entry, lambda row: row.id)


@operation(
    router,
    "DELETE",
    "/emails/unsubscribed",
    id="delete_emails_unsubscribed",
    summary="Write to somebody again",
    answers={204: None},
    errors=(404,),
)
def delete_emails_unsubscribed(request: HttpRequest, query: Query[shapes.SubscribeQuery]) -> HttpResponse:
    """For somebody who has asked to get such mails again."""
    if not unsubscribes.forget(workspace_of(request), query.Email, query.Category):
        raise NotFound("This address has not unsubscribed.")
    return HttpResponse(status=204)
