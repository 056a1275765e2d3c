"""The OpenAPI 3.1 document: what the router knows of paths and queries, and what each operation declares."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from pydantic.json_schema import models_json_schema

from kohomai.api.answers import JSON, PROBLEM, dumps
from kohomai.api.operations import OPERATIONS, Operation
from kohomai.api.routes import raw_schema
from kohomai.api.schemas.common import Problem
from kohomai.api.schemas.leads import LeadIn

PREFIX = "/api/v1"
_REF = "#/components/schemas/{model}"

_TEXT = {"type": "string"}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"description": "The call's id: the one that was sent, or ours.", "schema": _TEXT},
    "Link": {"description": 'The next page, with `rel="next"`.', "schema": _TEXT},
    "ETag": {"description": "The state of the draft.", "schema": _TEXT},
    "Idempotency-Replayed": {"description": "`true` for an answer that was given before.", "schema": _TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": _TEXT},
    "WWW-Authenticate": {"description": "How to present a key.", "schema": _TEXT},
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same call with the same key within 24 hours is done once and answered alike.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of the draft that was read; `*` for any.",
        "schema": _TEXT,
    },
}
_DETAILS = {
    400: "Not JSON.",
    401: "No key, or none that is valid.",
    403: "The key may not do this.",
    404: "There is no such thing in this workspace.",
    409: "Its state does not allow it, or a call with the same Idempotency-Key is still running.",
    410: "It is closed for good.",
    412: "It is in another state than If-Match says.",
    413: "The body is too large.",
    415: "The body is no JSON in UTF-8.",
    422: "What was sent is wrong; every fault is named.",
    428: "Say with If-Match which state this replaces.",
    429: "Too often; see Retry-After.",
    500: "A fault of ours.",
    503: "The database is away.",
}


@lru_cache(maxsize=1)
def document_bytes() -> bytes:
    """The document as it is sent."""
    return dumps(document())


def document() -> dict[str, Any]:
    """The whole OpenAPI document."""
    raw = raw_schema()
    paths = {
        PREFIX + path: {
            method: _describe(described, OPERATIONS[described["operationId"]])
            for method, described in item.items()
        }
        for path, item in raw["paths"].items()
    }
    return {
        "openapi": "3.1.0",
        "info": raw["info"],
        "servers": [{"url": settings.KOHOMAI_URL}],
        "tags": [{"name": name} for name in _tags(raw)],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"ApiKey": {"type": "http", "scheme": "bearer"}},
            "responses": {f"Problem{status}": _problem(status) for status in _DETAILS},
        },
        "security": [{"ApiKey": []}],
    }


def _tags(raw: dict[str, Any]) -> list[str]:
    found = [tag for item in raw["paths"].values() for one in item.values() for tag in one.get("tags", ())]
    return list(dict.fromkeys(found))


def _describe(described: dict[str, Any], operation: Operation) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in described["parameters"]]
    parameters += [dict(parameter) for parameter in operation.query]
    parameters += [_PARAMETERS[name] for name in operation.parameters]
    result = {
        "operationId": operation.id,
        "summary": described["summary"],
        "description": described.get("description", ""),
        "tags": described.get("tags", []),
        "parameters": parameters,
        "responses": _responses(operation),
    }
    if operation.body is not None:
        content = {"schema": _ref(operation.body), "example": operation.body_example}
        others = {media_type: {"schema": _TEXT} for media_type in operation.other_bodies}
        result["requestBody"] = {
            "required": not operation.body_optional,
            "content": {JSON: content, **others},
        }
    elif operation.other_bodies:
        content = {"schema": _TEXT, "example": operation.body_example}
        result["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(operation.other_bodies, content),
        }
    return result


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: parameter[name] for name in ("name", "in", "required", "description") if name in parameter
    }
    schema = {k: v for k, v in parameter["schema"].items() if k not in ("title", "description", "default")}
    # In a query there is no null: what may be null may be left out.
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        schema = options[0]
    if parameter["in"] == "path":
        if schema.get("type") != "string":
            schema = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
        kept["required"] = True
    return {**kept, "schema": schema}


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for place, (status, shape) in enumerate(operation.answers.items()):
        headers = {name: _HEADERS[name] for name in ("X-Request-Id", *operation.headers)}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "headers": headers}
        if shape is not None:
            content: dict[str, Any] = {"schema": _ref(shape)}
            if place == 0:
                content["example"] = operation.example
            responses[str(status)]["content"] = {JSON: content}
    for status in sorted(operation.errors):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return responses


def _problem(status: int) -> dict[str, Any]:
    headers = {"X-Request-Id": _HEADERS["X-Request-Id"]}
    if status == 401:
        headers["WWW-Authenticate"] = _HEADERS["WWW-Authenticate"]
    if status in (429, 503):
        headers["Retry-After"] = _HEADERS["Retry-After"]
    return {
        "description": _DETAILS[status],
        "headers": headers,
        "content": {PROBLEM: {"schema": _ref(Problem)}},
    }


def _ref(shape: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(model=shape.__name__)}


def _schemas() -> dict[str, Any]:
    """Every shape by its name."""
    shapes: dict[str, Any] = {Problem.__name__: Problem, LeadIn.__name__: LeadIn}
    for operation in OPERATIONS.values():
        for shape in (operation.body, *operation.answers.values()):
            if shape is not None:
                assert shapes.setdefault(shape.__name__, shape) is shape, shape.__name__
    _, found = models_json_schema([(shape, "validation") for shape in shapes.values()], ref_template=_REF)
    schemas: dict[str, Any] = found["$defs"]
    return schemas
