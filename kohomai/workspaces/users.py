"""The people who can sign in, and what they may do in a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from email_validator import EmailNotValidError, validate_email

from kohomai.engine.errors import Conflict, Fault, NotFound
from kohomai.workspaces import participation
from kohomai.workspaces.checks import raise_faults, read_name
from kohomai.workspaces.models import Membership, Role, User
from kohomai.workspaces.participation import Participation
from kohomai.workspaces.signals import member_changed

ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a workspace."""

    id: int
    email: str
    firstname: str
    lastname: str
    role: str
    participation: Participation
    created_at: datetime
    changed_at: datetime


def listed(
    workspace_id: int,
    *,
    after: int = 0,
    limit: int = 50,
    descending: bool = False,
    role: str | None = None,
    email: str | None = None,
) -> list[Member]:
    """Up to ``limit`` people of the workspace beyond the ``Id`` ``after``, in order of ``Id``."""
    rows = Membership.objects.filter(workspace_id=workspace_id).select_related("user")
    if role is not None:
        rows = rows.filter(role=role)
    if email is not None:
        rows = rows.filter(user__email__iexact=email)
    if descending:
        rows = rows.filter(user_id__lt=after) if after else rows
        return [_member(row) for row in rows.order_by("-user_id")[:limit]]
    return [_member(row) for row in rows.filter(user_id__gt=after).order_by("user_id")[:limit]]


def get(workspace_id: int, user_id: int) -> Member:
    """One person of the workspace. Raises ``NotFound``."""
    row = Membership.objects.filter(workspace_id=workspace_id, user_id=user_id).select_related("user").first()
    if row is None:
        raise NotFound("There is no such user.")
    return _member(row)


def members(workspace_id: int, role: str) -> list[Member]:
    """Everybody who has a role in the workspace, in order of ``Id``; at most 1,000."""
    return listed(workspace_id, role=role, limit=1_000)


def create(
    workspace_id: int, *, email: object, role: object, firstname: object = None, lastname: object = None
) -> Member:
    """A person added to the workspace; who has an account already keeps it, and its names.

    Nobody can sign in by password until one is set. Raises ``Invalid``, and ``Conflict`` when they are a
    member already.
    """
    faults: list[Fault] = []
    address = read_user_email(email, "/Email", faults)
    wanted = _read_role(role, faults)
    names = {
        field: read_name(raw, f"/{field.capitalize()}", faults) if raw not in (None, "") else ""
        for field, raw in (("firstname", firstname), ("lastname", lastname))
    }
    raise_faults(faults)
    try:
        with transaction.atomic():
            user = User.objects.filter(email__iexact=address).first()
            if user is None:
                user = User.objects.create_user(address, None, **names)
            row = Membership.objects.create(workspace_id=workspace_id, user=user, role=wanted)
            row.refresh_from_db()  # what the database has put in
    except IntegrityError:
        raise Conflict("This person is a user of the workspace already.") from None
    return _member(row)


def change(workspace_id: int, user_id: int, changes: Mapping[str, object]) -> Member:
    """Change what ``changes`` names: Role, and how they take part (``participation.FIELDS``). Raises ``NotFound``,
    ``Invalid`` with every fault, and ``Conflict`` for the role of the last administrator."""
    faults: list[Fault] = []
    values = participation.read(changes, faults)
    if "Role" in changes:
        values["role"] = _read_role(changes["Role"], faults)
    for field in changes.keys() - {"Role", *participation.FIELDS}:
        faults.append(Fault(f"/{field}", "UnknownField", f"There is no field {field!r} here."))
    raise_faults(faults)
    with transaction.atomic():
        row = _locked(
            workspace_id, user_id, losing=values.get("role", Role.ADMINISTRATOR) != Role.ADMINISTRATOR
        )
        for field, value in values.items():
            setattr(row, field, value)
        row.save(update_fields=[*values, "changed_at"])
        member_changed.send(sender=Membership, workspace_id=workspace_id, user_id=user_id)
    return _member(row)


def remove(workspace_id: int, user_id: int) -> None:
    """Take somebody out of the workspace. Raises ``NotFound``, and ``Conflict`` for the last administrator."""
    with transaction.atomic():
        _locked(workspace_id, user_id, losing=True).delete()


def _locked(workspace_id: int, user_id: int, *, losing: bool) -> Membership:
    """The membership, its workspace's administrators locked with it, so that two cannot go at once."""
    rows = list(
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(workspace_id=workspace_id)
        .order_by("id")
    )
    row = next((one for one in rows if one.user_id == user_id), None)
    if row is None:
        raise NotFound("There is no such user.")
    administrators = [one for one in rows if one.role == Role.ADMINISTRATOR]
    if losing and administrators == [row]:
        raise Conflict("The last administrator of a workspace cannot be removed.")
    return row


def _member(row: Membership) -> Member:
    user = row.user
    return Member(
        user.id,
        user.email,
        user.firstname,
        user.lastname,
        row.role,
        participation.of(row),
        row.created_at,
        max(row.changed_at, user.changed_at),
    )


def _read_role(raw: object, faults: list[Fault]) -> str:
    if raw in ROLES:
        return str(raw)
    code = "Required" if raw is None else "WrongValue"
    faults.append(Fault("/Role", code, f"Role must be one of {', '.join(ROLES)}."))
    return ""


def read_user_email(raw: object, pointer: str, faults: list[Fault]) -> str:
    """An e-mail address of a user, checked for its form; what is wrong is added to ``faults``."""
    if raw is None or raw == "":
        faults.append(Fault(pointer, "Required", "Email is required."))
        return ""
    try:
        if not isinstance(raw, str):
            raise EmailNotValidError("it is no text")
        # A person's account is reached by sign-in only, so reserved names (…@example.test) do no harm.
        validate_email(raw, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        faults.append(Fault(pointer, "WrongValue", f"Email must be an e-mail address: {error}"))
        return ""
    return raw
