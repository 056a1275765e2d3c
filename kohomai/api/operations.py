"""How an operation is declared: once, with its shapes, its examples and everything it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ninja import Router
from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., Any])

READS = frozenset((401, 403, 422, 500, 503))
WRITES = frozenset((400, 413, 415))
POSTS = frozenset((409,))


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of an operation beside its path and query.

    ``answers`` has the shape of each success, ``example`` is that of the first of them; ``errors`` the statuses
    of its problems; ``headers`` those of its successes; ``other_bodies`` the media types it takes beside JSON, or
    instead of it where there is no ``body``.
    """

    id: str
    method: str
    path: str
    body: type[BaseModel] | None
    body_example: Any
    body_optional: bool
    answers: Mapping[int, type[BaseModel] | None]
    example: Any
    errors: frozenset[int]
    headers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    query: tuple[Mapping[str, Any], ...] = field(default=())
    other_bodies: tuple[str, ...] = ()


OPERATIONS: dict[str, Operation] = {}
"""Every operation by its id."""


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    id: str,
    summary: str,
    answers: Mapping[int, type[BaseModel] | None],
    example: Any = None,
    body: type[BaseModel] | None = None,
    body_example: Any = None,
    body_optional: bool = False,
    errors: tuple[int, ...] = (),
    headers: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    query: tuple[Mapping[str, Any], ...] = (),
    other_bodies: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Declare an operation on a router. Statuses that follow from its kind need not be named."""
    statuses = READS | set(errors)
    if body is not None or other_bodies:
        statuses |= WRITES
    if method == "POST":
        statuses |= POSTS
        headers = (*headers, "Idempotency-Replayed")
        parameters = (*parameters, "Idempotency-Key")
    if "{" in path:
        statuses |= {404}
    OPERATIONS[id] = Operation(
        id=id,
        method=method,
        path=path,
        body=body,
        body_example=body_example,
        body_optional=body_optional,
        answers=answers,
        example=example,
        errors=frozenset(statuses),
        headers=headers,
        parameters=parameters,
        query=query,
        other_bodies=other_bodies,
    )

    def declare(view: F) -> F:
        declared: F = router.api_operation([method], path, operation_id=id, summary=summary)(view)
        return declared

    return declare
