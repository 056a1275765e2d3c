"""``/users``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import clock, dates, moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.paging import listing, page_of
from kohomai.api.schemas import others as shapes
from kohomai.workspaces import users
from kohomai.workspaces.users import Member

router = Router(tags=["users"])


def show(member: Member) -> dict[str, Any]:
    """A user as the API shows them."""
    part = member.participation
    return {
        "Id": member.id,
        "Email": member.email,
        "Firstname": member.firstname,
        "Lastname": member.lastname,
        "Role": member.role,
        "Presence": part.presence,
        "AwayUntil": moment(part.away_until),
        "Present": part.present,
        "Capacity": part.capacity,
        "TimeZone": part.time_zone,
        "Notifications": {
            "Mode": part.notify,
            "DigestAt": clock(part.digest_at),
            "QuietFrom": clock(part.quiet_from),
            "QuietUntil": clock(part.quiet_until),
        },
        **dates(member),
    }


@operation(
    router,
    "GET",
    "/users",
    id="get_users",
    summary="List users",
    answers={200: shapes.Users},
    example=examples.page(examples.USER),
    headers=("Link",),
)
def get_users(request: HttpRequest, query: Query[shapes.UserQuery]) -> HttpResponse:
    """The people of the workspace, with their roles."""
    page = page_of(query.limit, query.cursor, query.order)
    rows = users.listed(
        workspace_of(request),
        after=page.after,
        limit=page.limit + 1,
        descending=page.descending,
        role=query.Role,
        email=query.Email,
    )
    return listing(request, page, rows, show, lambda member: member.id)


@operation(
    router,
    "POST",
    "/users",
    id="post_users",
    summary="Add a user",
    answers={201: shapes.User},
    example=examples.USER,
    body=shapes.UserIn,
    body_example={"Email": "mary@myapp.example", "Role": "Manager", "Firstname": "Mary", "Lastname": "Major"},
)
def post_users(request: HttpRequest) -> HttpResponse:
    """Somebody who has an account already keeps it, and its names."""
    body = read_body(request, shapes.UserIn)
    member = body.call(
        lambda: users.create(
            workspace_of(request),
            email=body.get("Email"),
            role=body.get("Role"),
            firstname=body.get("Firstname"),
            lastname=body.get("Lastname"),
        )
    )
    return answer(show(member), 201, {"Location": f"/api/v1/users/{member.id}"})


@operation(
    router,
    "GET",
    "/users/{id:user_id}",
    id="get_user",
    summary="Get a user",
    answers={200: shapes.User},
    example=examples.USER,
)
def get_user(request: HttpRequest, user_id: int) -> HttpResponse:
    """One person of the workspace."""
    return answer(show(users.get(workspace_of(request), user_id)))


@operation(
    router,
    "PATCH",
    "/users/{id:user_id}",
    id="patch_user",
    summary="Change a user",
    answers={200: shapes.User},
    example=examples.USER,
    body=shapes.UserChange,
    body_example={
        "Role": "Manager",
        "Capacity": 40,
        "Notifications": {"Mode": "Digest", "DigestAt": "08:30"},
    },
    errors=(409,),
)
def patch_user(request: HttpRequest, user_id: int) -> HttpResponse:
    """Their role, and how they take part. What is not named stays; the last administrator stays one."""
    body = read_body(request, shapes.UserChange)
    member = body.call(lambda: users.change(workspace_of(request), user_id, body.fields))
    return answer(show(member))


@operation(
    router,
    "DELETE",
    "/users/{id:user_id}",
    id="delete_user",
    summary="Take a user out of the workspace",
    answers={204: None},
    errors=(409,),
)
def delete_user(request: HttpRequest, user_id: int) -> HttpResponse:
    """The last administrator cannot be removed."""
    users.remove(workspace_of(request), user_id)
    return HttpResponse(status=204)
