"""``/workspace/smtp``: the mail server of the workspace."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, workspace_of
from kohomai.api.door import fingerprint_of
from kohomai.api.once import apart
from kohomai.api.operations import operation
from kohomai.api.schemas import emails as shapes
from kohomai.delivery.emails import servers, trial
from kohomai.delivery.emails.servers import Server

router = Router(tags=["workspace"])


def show(server: Server) -> dict[str, Any]:
    """A mail server as the API shows it: never its password."""
    return {
        "Host": server.host,
        "Port": server.port,
        "Security": server.security,
        "Username": server.username,
        "HasPassword": server.sealed_password is not None,
        "FromAddress": server.from_address,
        "FromName": server.from_name,
        "ReplyTo": server.reply_to,
        "BounceAddress": server.bounce_address,
        **dates(server),
    }


@operation(
    router,
    "GET",
    "/workspace/smtp",
    id="get_workspace_smtp",
    summary="Get the mail server",
    answers={200: shapes.SmtpServer},
    example=examples.SMTP_SERVER,
    errors=(404,),
)
def get_workspace_smtp(request: HttpRequest) -> HttpResponse:
    """404 where none is set: mails are kept in the outbox then."""
    return answer(show(servers.get(workspace_of(request))))


@operation(
    router,
    "PUT",
    "/workspace/smtp",
    id="put_workspace_smtp",
    summary="Set the mail server",
    answers={200: shapes.SmtpServer},
    example=examples.SMTP_SERVER,
    body=shapes.SmtpServerIn,
    body_example={
        "Host": "smtp.myapp.com",
        "Port": 587,
        "Security": "StartTLS",
        "Username": "kohomai",
        "Password": "correct horse battery staple",
        "FromAddress": "hello@myapp.com",
        "FromName": "My app",
        "ReplyTo": "sales@myapp.com",
    },
)
def put_workspace_smtp(request: HttpRequest) -> HttpResponse:
    """Mails written from now on are sent by it. A ``Password`` that is left out stays as it was, unless ``Host``
    is another."""
    body = read_body(request, shapes.SmtpServerIn)
    return answer(show(body.call(lambda: servers.put(workspace_of(request), body.fields))))


@operation(
    router,
    "DELETE",
    "/workspace/smtp",
    id="delete_workspace_smtp",
    summary="Take the mail server away",
    answers={204: None},
    errors=(404,),
)
def delete_workspace_smtp(request: HttpRequest) -> HttpResponse:
    """What still waits is kept in the outbox, and not sent."""
    servers.delete(workspace_of(request))
    return HttpResponse(status=204)


@operation(
    router,
    "POST",
    "/workspace/smtp/test",
    id="post_workspace_smtp_test",
    summary="Try the mail server",
    answers={200: shapes.SmtpTest},
    example={
        "Accepted": False,
        "Reason": "The server refused to sign us in: 535 5.7.8 Bad credentials",
        "Took": 212,
    },
    body=shapes.SmtpTestIn,
    body_example={"To": "mary@myapp.example"},
)
def post_workspace_smtp_test(request: HttpRequest) -> HttpResponse:
    """Sends a mail now, and says within 10 seconds what became of it."""
    body = read_body(request, shapes.SmtpTestIn)
    prepared = body.call(lambda: trial.prepare(workspace_of(request), body.get("To")))

    def work() -> HttpResponse:
        result = prepared.run()
        return answer({"Accepted": result.accepted, "Reason": result.reason, "Took": result.took})

    return apart(request, lambda: fingerprint_of(request), work)
