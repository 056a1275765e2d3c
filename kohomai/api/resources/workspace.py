"""``/workspace``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import clock, dates, workspace_of
from kohomai.api.operations import operation
from kohomai.api.schemas import others as shapes
from kohomai.workspaces import services
from kohomai.workspaces.services import WorkspaceSettings

router = Router(tags=["workspace"])


def show(workspace: WorkspaceSettings) -> dict[str, Any]:
    """The workspace as the API shows it."""
    return {
        "Id": workspace.id,
        "Name": workspace.name,
        "DefaultCountry": workspace.default_country,
        "Language": workspace.language,
        "TimeZone": workspace.time_zone,
        "WorkingDays": workspace.working_days,
        "RedirectHosts": list(workspace.redirect_hosts),
        "NotifyLeadsAfter": workspace.notify_leads_after,
        "QuietFrom": clock(workspace.quiet_from),
        "QuietUntil": clock(workspace.quiet_until),
        "WebhookSecret": services.webhook_secret(workspace.id),
        **dates(workspace),
    }


@operation(
    router,
    "GET",
    "/workspace",
    id="get_workspace",
    summary="Get the workspace",
    answers={200: shapes.Workspace},
    example=examples.WORKSPACE,
)
def get_workspace(request: HttpRequest) -> HttpResponse:
    """The workspace of the key."""
    return answer(show(services.settings(workspace_of(request))))


@operation(
    router,
    "PATCH",
    "/workspace",
    id="patch_workspace",
    summary="Change the workspace",
    answers={200: shapes.Workspace},
    example=examples.WORKSPACE,
    body=shapes.WorkspaceChange,
    body_example={
        "TimeZone": "Europe/Berlin",
        "RedirectHosts": ["www.myapp.com"],
        "QuietFrom": "21:00",
        "QuietUntil": "08:00",
    },
)
def patch_workspace(request: HttpRequest) -> HttpResponse:
    """What is not named stays. No ``RedirectHosts`` means that every host is allowed."""
    body = read_body(request, shapes.WorkspaceChange)
    return answer(show(body.call(lambda: services.change(workspace_of(request), body.fields))))
