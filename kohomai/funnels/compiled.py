"""Published versions, ready to run."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection

from kohomai.activities import registry
from kohomai.engine.definition import Definition
from kohomai.engine.document import compile_definition
from kohomai.engine.errors import NotFound
from kohomai.engine.values import DataPoint, ValueType
from kohomai.funnels.documents import loads

__all__ = ["definition", "registry"]


@lru_cache(maxsize=512)
def definition(funnel_id: int, version: int) -> Definition:
    """The definition of a published version; kept for ever, since it never changes.

    The data points are as they were when it was published. Raises ``NotFound``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT definition::text FROM funnels_funnelversion WHERE funnel_id = %s AND number = %s",
            [funnel_id, version],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such version of the funnel.")
    stored = loads(row[0])
    return compile_definition(stored["Document"], version, thaw(stored["DataPoints"]), registry)


def freeze(points: list[DataPoint]) -> list[dict[str, Any]]:
    """Data points as a version keeps them."""
    return [
        {"Id": point.id, "Name": point.name, "Type": point.type.value, "Choices": list(point.choices)}
        for point in points
    ]


def thaw(kept: list[dict[str, Any]]) -> dict[int, DataPoint]:
    """The data points of a version, by ``Id``."""
    return {
        one["Id"]: DataPoint(one["Id"], one["Name"], ValueType(one["Type"]), tuple(one["Choices"]))
        for one in kept
    }
