"""``/secrets``: keys of other services that calls use by name."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import dates, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import others as shapes
from kohomai.api.schemas.common import Paging
from kohomai.workspaces import named_secrets
from kohomai.workspaces.named_secrets import Known

router = Router(tags=["secrets"])


def show(secret: Known) -> dict[str, Any]:
    """A secret as the API shows it: never its value."""
    return {"Id": secret.id, "Name": secret.name, **dates(secret)}


@operation(
    router,
    "GET",
    "/secrets",
    id="get_secrets",
    summary="List secrets",
    answers={200: shapes.Secrets},
    example=examples.page(examples.SECRET),
    headers=("Link",),
)
def get_secrets(request: HttpRequest, query: Query[Paging]) -> HttpResponse:
    """Their names."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = named_secrets.listed(
        workspace_of(request), after=page.after, limit=page.limit + 1, descending=page.descending
    )
    return listing(request, page, rows, show, lambda row: row.id)


@operation(
    router,
    "POST",
    "/secrets",
    id="post_secrets",
    summary="Keep a secret",
    answers={201: shapes.Secret},
    example=examples.SECRET,
    body=shapes.SecretIn,
    body_example={"Name": "crm", "Value": "the key that the CRM gave you"},
)
def post_secrets(request: HttpRequest) -> HttpResponse:
    """Calls use it as ``{{ Secret.crm }}``. It is kept encrypted, and never shown again."""
    body = read_body(request, shapes.SecretIn)
    secret = body.call(
        lambda: named_secrets.create(workspace_of(request), name=body.get("Name"), value=body.get("Value"))
    )
    return answer(show(secret), 201, {"Location": f"/api/v1/secrets/{secret.id}"})


@operation(
    router,
    "GET",
    "/secrets/{id:secret_id}",
    id="get_secret",
    summary="Get a secret's name",
    answers={200: shapes.Secret},
    example=examples.SECRET,
)
def get_secret(request: HttpRequest, secret_id: int) -> HttpResponse:
    """Its name, and when it was changed."""
    return answer(show(named_secrets.get(workspace_of(request), secret_id)))


@operation(
    router,
    "PATCH",
    "/secrets/{id:secret_id}",
    id="patch_secret",
    summary="Change a secret",
    answers={200: shapes.Secret},
    example=examples.SECRET,
    body=shapes.SecretChange,
    body_example={"Value": "the new key"},
)
def patch_secret(request: HttpRequest, secret_id: int) -> HttpResponse:
    """Calls use the new value from now on."""
    body = read_body(request, shapes.SecretChange)
    return answer(
        show(body.call(lambda: named_secrets.change(workspace_of(request), secret_id, body.get("Value"))))
    )


@operation(
    router,
    "DELETE",
    "/secrets/{id:secret_id}",
    id="delete_secret",
    summary="Forget a secret",
    answers={204: None},
)
def delete_secret(request: HttpRequest, secret_id: int) -> HttpResponse:
    """Calls that use it find nothing in its place."""
    named_secrets.delete(workspace_of(request), secret_id)
    return HttpResponse(status=204)
