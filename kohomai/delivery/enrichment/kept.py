"""Answers of services that are kept, so that nobody pays for the same question twice."""

from __future__ import annotations

import orjson
from django.db import connection

from kohomai.datapoints.catalogue import Catalogue
from kohomai.datapoints.http_services import Service
from kohomai.delivery.database import short_transaction
from kohomai.delivery.enrichment.asking import Answered
from kohomai.delivery.enrichment.request import Request
from kohomai.engine.values import from_stored, to_stored

_FIND = (
    "SELECT found::text, error FROM datapoints_provideranswer"
    " WHERE http_provider_id = %s AND key = %s AND until > now() AND workspace_id = %s"
)
_KEEP = """
INSERT INTO datapoints_provideranswer (workspace_id, http_provider_id, key, lead_id, found, error, until)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, now() + %s)
ON CONFLICT (http_provider_id, key) DO UPDATE
SET found = excluded.found, error = excluded.error, until = excluded.until, lead_id = excluded.lead_id
"""


def find(service: Service, request: Request, points: Catalogue) -> Answered | None:
    """What the service answered to the same request, if that is kept."""
    if not service.cache_for:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [service.id, request.key, service.workspace_id])
        row = cursor.fetchone()
    if row is None:
        return None
    found = {
        int(key): from_stored(points.by_id[int(key)], value)
        for key, value in orjson.loads(row[0]).items()
        if int(key) in points.by_id
    }
    return Answered(found, row[1], cached=True)


def keep(service: Service, request: Request, lead_id: int, answered: Answered) -> None:
    """Keep an answer, also that it knows nothing; a failure is none. Whom it is about is kept where the request told
    it, so that erasure finds it; about somebody who is no lead nothing is kept."""
    if answered.failed or not service.cache_for or (request.personal and not lead_id):
        return
    found = orjson.dumps({str(key): to_stored(value) for key, value in answered.found.items()}).decode()
    whom = lead_id if request.personal else None
    with short_transaction() as cursor:
        values = [service.workspace_id, service.id, request.key, whom, found, answered.error]
        cursor.execute(_KEEP, [*values, service.cache_for])
