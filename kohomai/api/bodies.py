"""A body with its fields: what its schema refuses and what the services refuse are said together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from kohomai.api.body import BODY_LIMIT, escape, read_json
from kohomai.engine.errors import Fault, Invalid
from kohomai.funnels.services import Stale

T = TypeVar("T")


class Body:
    """The fields that were sent, and what is wrong with their form so far."""

    def __init__(self, fields: dict[str, Any], faults: list[Fault]) -> None:
        self.fields = fields
        self.faults = faults

    def get(self, name: str, default: Any = None) -> Any:
        """A field as sent; ``default`` where it is absent."""
        return self.fields.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def call(self, work: Callable[[], T]) -> T:
        """Do ``work``, unless the form is wrong already: then only what it would refuse is gathered too.

        Raises ``Invalid`` with all faults.
        """
        if not self.faults:
            return work()
        faults = list(self.faults)
        try:
            with transaction.atomic():
                work()
                transaction.set_rollback(True)
        except Invalid as refused:
            named = {fault.pointer for fault in faults}
            faults += [fault for fault in refused.faults if fault.pointer not in named]
        except (Stale, TypeError, ValueError, AttributeError, KeyError, ArithmeticError):
            pass  # what is wrong with the form comes first, or kept it from being read any further
        raise Invalid(faults)


def read_body(
    request: HttpRequest, schema: type[BaseModel], limit: int = BODY_LIMIT, *, optional: bool = False
) -> Body:
    """The body of a call, held against its schema.

    Raises what ``read_json`` raises, and ``Invalid`` when it is no object at all.
    """
    raw = read_json(request, limit, optional=optional)
    if not isinstance(raw, dict):
        raise Invalid([Fault("", "WrongType", "The body must be a JSON object.")])
    return Body(raw, schema_faults(raw, schema))


def schema_faults(raw: Any, schema: type[BaseModel]) -> list[Fault]:
    """What a schema refuses in ``raw``, each at its place."""
    try:
        schema.model_validate(raw)
    except ValidationError as error:
        faults: dict[str, Fault] = {}
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            fault = _fault(one)
            faults.setdefault(fault.pointer or "", fault)
        return list(faults.values())
    return []


_CODES = {"missing": "Required", "extra_forbidden": "UnknownField"}


def _fault(error: Any) -> Fault:
    kind, steps = error["type"], [step for step in error["loc"] if not _is_branch(step)]
    pointer = "".join(f"/{escape(str(step))}" for step in steps)
    name = str(steps[-1]) if steps else "This"
    if kind == "missing":
        return Fault(pointer, "Required", f"{name} is required.")
    if kind == "extra_forbidden":
        return Fault(pointer, "UnknownField", f"There is no field {name[:60]!r} here.")
    code = "WrongType" if kind.endswith("_type") or kind.endswith("_parsing") else "WrongValue"
    return Fault(pointer, _CODES.get(kind, code), f"{name}: {error['msg']}.")


def _is_branch(step: Any) -> bool:
    """Whether a step of pydantic's path names one of several allowed types, and no place in the body."""
    return isinstance(step, str) and (step in _BRANCHES or "[" in step)


_BRANCHES = frozenset(
    ("str", "int", "bool", "float", "decimal", "list", "dict", "none", "constrained-str", "constrained-int")
)


def parameter_faults(errors: list[dict[str, Any]]) -> list[Fault]:
    """What is wrong with the query, as the router says it."""
    faults: dict[str, Fault] = {}
    for error in errors:
        steps = [str(step) for step in error["loc"] if not _is_branch(step)]
        name = steps[-1] if steps else ""
        code = "Required" if error["type"] == "missing" else "WrongValue"
        faults.setdefault(name, Fault(None, code, f"{name}: {error['msg']}.", parameter=name))
    return list(faults.values())
