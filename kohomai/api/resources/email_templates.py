"""``/emails/templates``: what mails say, by kind and language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from kohomai.api import examples
from kohomai.api.answers import answer
from kohomai.api.bodies import read_body
from kohomai.api.caller import moment, workspace_of
from kohomai.api.operations import operation
from kohomai.api.schemas import emails as shapes
from kohomai.delivery.emails import templates
from kohomai.delivery.emails.templates import Template

router = Router(tags=["emails"])
_PATH = "/emails/templates/{kind}/{language}"
_WORDS = {name: examples.EMAIL_TEMPLATE[name] for name in ("Subject", "Text", "HTML")}


def show(workspace_id: int, template: Template) -> dict[str, Any]:
    """A template as the API shows it."""
    return {
        "Kind": template.kind.name,
        "Language": template.language,
        "Meaning": template.kind.meaning,
        "Category": template.kind.category,
        "Changed": template.changed_at is not None,
        "Subject": template.words.subject,
        "Text": template.words.text,
        "HTML": template.words.html,
        "Names": templates.names_of(workspace_id, template.kind, template.language),
        "changedDate": moment(template.changed_at),
    }


@operation(
    router,
    "GET",
    "/emails/templates",
    id="get_email_templates",
    summary="List the templates of mails",
    answers={200: shapes.EmailTemplates},
    example=examples.page(examples.EMAIL_TEMPLATE),
)
def get_email_templates(request: HttpRequest, query: Query[shapes.TemplateQuery]) -> HttpResponse:
    """Each kind in each language, whether it was changed, and the names it may use with an example value each."""
    workspace = workspace_of(request)
    found = templates.listed(workspace, query.Kind, query.Language)
    return answer({"Items": [show(workspace, one) for one in found], "Next": None})


@operation(
    router,
    "GET",
    _PATH,
    id="get_email_template",
    summary="Get a template",
    answers={200: shapes.EmailTemplate},
    example=examples.EMAIL_TEMPLATE,
)
def get_email_template(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """The workspace's own words, or ours."""
    workspace = workspace_of(request)
    return answer(show(workspace, templates.get(workspace, kind, language)))


@operation(
    router,
    "PUT",
    _PATH,
    id="put_email_template",
    summary="Change a template",
    answers={200: shapes.EmailTemplate},
    example={**examples.EMAIL_TEMPLATE, "Changed": True, "changedDate": examples.CHANGED},
    body=shapes.EmailTemplateIn,
    body_example=_WORDS,
)
def put_email_template(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """Its syntax is checked, and that all names it uses are there; ``HTML`` is put into our layout."""
    workspace = workspace_of(request)
    body = read_body(request, shapes.EmailTemplateIn)
    return answer(show(workspace, body.call(lambda: templates.put(workspace, kind, language, body.fields))))


@operation(
    router,
    "DELETE",
    _PATH,
    id="delete_email_template",
    summary="Go back to our template",
    answers={204: None},
)
def delete_email_template(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """The words that come along are used again."""
    templates.delete(workspace_of(request), kind, language)
    return HttpResponse(status=204)


@operation(
    router,
    "POST",
    _PATH + "/preview",
    id="post_email_template_preview",
    summary="See a mail with example values",
    answers={200: shapes.EmailPreview},
    example={"Subject": "Waiting for you: About you", "Text": "Hello, …", "HTML": "<!doctype html>…"},
    body=shapes.EmailPreviewIn,
    body_example={"Subject": _WORDS["Subject"]},
    body_optional=True,
)
def post_email_template_preview(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """What is sent along is tried in the place of what is kept, and not kept."""
    body = read_body(request, shapes.EmailPreviewIn, optional=True)
    made = body.call(lambda: templates.preview(workspace_of(request), kind, language, body.fields))
    return answer({"Subject": made.subject, "Text": made.text, "HTML": made.html})
