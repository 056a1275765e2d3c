"""``/company-directory``: the companies that a workspace knows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples_enrichment as examples
from kohomai.api.answers import answer
from kohomai.api.caller import key_of, moment, workspace_of
from kohomai.api.door import replayed
from kohomai.api.once import key_name
from kohomai.api.operations import operation
from kohomai.api.paging import page_answer
from kohomai.api.schemas import enrichment as shapes
from kohomai.api.streams import check_csv, parts_of
from kohomai.datapoints.models import ProviderMonth
from kohomai.datapoints.providers import DIRECTORY
from kohomai.delivery.enrichment import configuring
from kohomai.engine.errors import Fault, Invalid
from kohomai.journeys.wake import notify
from kohomai.leads.directory import lookup, uploads
from kohomai.leads.directory.reading import Company
from kohomai.leads.models import Directory, DirectoryUpload
from kohomai.workspaces import idempotency

router = Router(tags=["company-directory"])
BASE = "/company-directory"


@operation(
    router,
    "GET",
    BASE,
    id="get_company_directory",
    summary="Get the company directory",
    answers={200: shapes.CompanyDirectory},
    example=examples.DIRECTORY,
)
def get_company_directory(request: HttpRequest) -> HttpResponse:
    """How many companies there are, since when, from which upload; the last upload; how often it was asked and found
    something in the last twelve months."""
    workspace_id = workspace_of(request)
    now, last = uploads.directory(workspace_id)
    months = configuring.months(workspace_id, [DIRECTORY])[DIRECTORY]
    return answer(_directory(now, last, months))


def _directory(
    now: Directory | None, last: DirectoryUpload | None, months: list[ProviderMonth]
) -> dict[str, Any]:
    return {
        "Rows": now.companies if now else 0,
        "Since": moment(now.since) if now else None,
        "Upload": {"Id": now.upload_id} if now else None,
        "LastUpload": {"Id": last.id, "Status": last.status} if last else None,
        "Months": [
            {"Month": f"{one.month:%Y-%m}", "Asked": one.hits + one.misses, "Found": one.hits}
            for one in months
        ],
    }


@operation(
    router,
    "DELETE",
    BASE,
    id="delete_company_directory",
    summary="Delete the company directory",
    answers={204: None},
)
def delete_company_directory(request: HttpRequest) -> HttpResponse:
    """It is asked no more, and an upload that is under way is given up. What it has found stays."""
    uploads.delete(workspace_of(request))
    transaction.on_commit(notify)
    return HttpResponse(status=204)


@operation(
    router,
    "GET",
    f"{BASE}/companies",
    id="get_companies",
    summary="Look a company up",
    answers={200: shapes.Companies},
    example=examples.page(examples.COMPANY),
)
def get_companies(request: HttpRequest, query: Query[shapes.CompanyQuery]) -> HttpResponse:
    """The company of ``Domain``, else of its next parent domain, down to the registrable one; none, or one."""
    try:
        found = lookup.find_by_text(workspace_of(request), query.Domain)
    except ValueError as error:
        raise Invalid([Fault(None, "WrongValue", f"Domain {error}.", parameter="Domain")]) from None
    return page_answer(request, [_company(found)] if found else [], None)


def _company(company: Company) -> dict[str, Any]:
    revenue = company.revenue
    return {
        "Domain": company.domain,
        "Name": company.name,
        "Size": company.size,
        "Revenue": None if revenue is None else {"Amount": revenue, "Currency": company.currency},
        "Industry": company.industry,
        "Sector": company.sector,
    }


# --- uploads ------------------------------------------------------------------------------------------------


@operation(
    router,
    "POST",
    f"{BASE}/uploads",
    id="post_directory_uploads",
    summary="Upload a company directory",
    answers={201: shapes.DirectoryUpload},
    example=examples.NEW_UPLOAD,
    other_bodies=("text/csv",),
    body_example=examples.CSV,
)
def post_directory_uploads(request: HttpRequest) -> HttpResponse:
    """A CSV file of up to 1,000,000 rows and 256 MiB, which takes the place of the directory when it is imported.

    Columns are found by name: ``Domain`` (required), ``Name``, ``Size``, ``Revenue``, ``Currency``, ``Industry``,
    ``Sector``. Separated by commas, semicolons or tabs, in UTF-8 or as spreadsheets write it on Windows.
    """
    check_csv(request)
    workspace_id, name = workspace_of(request), key_name(request)
    received = uploads.receive(workspace_id, parts_of(request, uploads.MAX_SIZE))

    def accept() -> HttpResponse:
        upload = uploads.accept(received)
        transaction.on_commit(notify)
        return answer(_upload(upload), 201, {"Location": f"/api/v1{BASE}/uploads/{upload.id}"})

    if name is None:
        return accept()
    made: list[HttpResponse] = []

    def work() -> idempotency.Answer:
        made.append(accept())
        return idempotency.Answer(201, made[0].content)

    try:
        fingerprint = idempotency.fingerprint("POST", request.path_info, "", received.digest)
        kept = idempotency.run(key_of(request), name, fingerprint, work)
    finally:
        if not made:  # it was uploaded before, or another is just being
            uploads.drop(workspace_id, received.upload_id)
    return replayed(kept.status, kept.body) if kept.replayed else made[0]


@operation(
    router,
    "GET",
    f"{BASE}/uploads/{{id:upload_id}}",
    id="get_directory_upload",
    summary="Get an upload of a company directory",
    answers={200: shapes.DirectoryUpload},
    example=examples.UPLOAD,
)
def get_directory_upload(request: HttpRequest, upload_id: int) -> HttpResponse:
    """How far it has come, and which lines could not be read: all are counted, the first 1,000 listed."""
    return answer(_upload(uploads.get(workspace_of(request), upload_id)))


def _upload(upload: DirectoryUpload) -> dict[str, Any]:
    done = upload.status == uploads.DONE
    return {
        "Id": upload.id,
        "Status": upload.status,
        "Progress": 1 if done else round(upload.position / upload.size, 3) if upload.size else 0,
        "Size": upload.size,
        "Imported": upload.imported,
        "Faulty": upload.faulty,
        "Encoding": upload.encoding,
        "Separator": upload.separator,
        "Columns": [name for name in upload.columns if name],
        "IgnoredColumns": upload.ignored,
        "Faults": [
            {"Line": fault.line, "Column": fault.column, "Code": fault.code, "Detail": fault.detail}
            for fault in uploads.faults_of(upload)
        ],
        "Error": upload.error,
        "createdDate": moment(upload.created_at),
        "changedDate": moment(upload.changed_at),
        "EndedAt": moment(upload.ended_at),
    }
