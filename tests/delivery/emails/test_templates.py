"""A workspace's own words: checked when they are changed, used at once, ours again where they fail."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from kohomai.delivery import mail
from kohomai.delivery.emails import templates
from kohomai.delivery.emails.kinds import KINDS
from kohomai.workspaces.services import LANGUAGES
from tests.conftest import Workspace
from tests.delivery.emails.test_sending import LINK, write
from tests.delivery.support import rows, told
from tests.support.program import Program

PATH = "emails/templates/reminder/de"
OWN: dict[str, Any] = {
    "Subject": "Bitte, {{ Recipient.Firstname | default: 'lieber Mensch' }}!",
    "Text": "{% for Item in Items %}{{ Item.Name }} bis {{ Item.Due }}\n{% endfor %}{{ URL }}",
    "HTML": "<h2>{{ Items[0].Name }}</h2>",
}


def put(api: httpx.Client, path: str = PATH, **more: Any) -> httpx.Response:
    """Change a template."""
    return api.put(path, json={**OWN, **more})


def faults(answer: httpx.Response) -> dict[str, str]:
    """The faults of an answer that refuses: by place, what they say."""
    assert answer.status_code == 422, answer.text
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}


def rendered(workspace: Workspace, **more: Any) -> mail.Mail:
    """A reminder in German, in words that were changed a moment ago in another process."""
    templates._cache.clear()
    values = {**KINDS["reminder"].names, **more}
    return mail.render(workspace.id, kind="reminder", to="a@b.example", language="de", context=values)


def test_all_kinds_are_listed_with_the_names_they_may_use(api: httpx.Client) -> None:
    found = told(api.get("emails/templates"))["Items"]
    assert {(one["Kind"], one["Language"]) for one in found} == {
        (kind, tongue) for kind in KINDS for tongue in LANGUAGES
    }
    assert not any(one["Changed"] for one in found)
    (one,) = told(api.get("emails/templates?Kind=reminder&Language=de"))["Items"]
    assert one == told(api.get(PATH))
    assert one["Names"]["Items"][0]["Due"] == "Montag, 23. November 2026, 10:00 Uhr (UTC)"
    assert one["Category"] == "Reminders"


def test_own_words_are_used_and_given_back(
    api: httpx.Client, other_api: httpx.Client, workspace: Workspace
) -> None:
    changed = told(put(api))
    assert changed["Changed"] is True
    assert {name: changed[name] for name in OWN} == OWN
    assert told(api.get("emails/templates/reminder/en"))["Changed"] is False
    assert told(other_api.get(PATH))["Changed"] is False
    made = rendered(workspace)
    assert made.subject == "Bitte, lieber Mensch!"
    assert made.text.startswith("About you bis Montag, 23. November 2026, 10:00 Uhr (UTC)\n")
    # The layout, and the way to unsubscribe, are around it all the same.
    assert "<h2>About you</h2>" in made.html
    assert "Solche E-Mails abbestellen" in made.html
    assert "Solche E-Mails abbestellen" in made.text
    assert api.delete(PATH).status_code == 204
    assert rendered(workspace).subject == "Wartet auf Sie: About you"
    assert api.delete(PATH).status_code == 204


def test_data_in_html_is_escaped(api: httpx.Client, workspace: Workspace) -> None:
    told(put(api, HTML="{{ Items[0].Name }}<br>{{ Items[0].Name | upcase }}<a href='{{ URL }}'>x</a>"))
    evil = "<script>alert('x')</script>"
    made = rendered(workspace, Items=[{"Name": evil}], URL="http://x.example/?a='onclick='y")
    assert "<script" not in made.html.lower()
    assert "&#39;onclick=&#39;" in made.html
    assert evil in rendered(workspace, Items=[{"Name": evil}]).text


def test_every_fault_is_named_at_its_field(api: httpx.Client) -> None:
    found = faults(
        put(
            api,
            Subject="{{ Workspace.Nmae }}",
            Text="{% for Item in Items %}{{ Item.Nmae }}{% endfor %}{{ Code }}",
            HTML="{% if %}",
        )
    )
    assert found["/Subject"] == "Subject: there is no Workspace.Nmae in such a mail."
    assert found["/Text"] in (
        "Text: there is no Code in such a mail.",
        "Text: nothing in such a mail has a Nmae.",
    )
    assert found["/HTML"].startswith("HTML cannot be read")
    assert faults(api.put(PATH, json={"Subject": "", "Color": 1})).keys() == {
        "/Subject",
        "/Text",
        "/HTML",
        "/Color",
    }
    assert faults(put(api, Text="x" * 50_001)).keys() == {"/Text"}
    assert faults(put(api, Text="a\x07b")).keys() == {"/Text"}
    assert put(api, "emails/templates/none/de").status_code == 404
    assert put(api, "emails/templates/reminder/xx").status_code == 404
    assert told(api.get(PATH))["Changed"] is False


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'layout' %}",
        "{{ URL | no_such_filter }}",
        "{% for Item in Items %}",
        "{{ Items[0].Name.Whatever }}{{ Settings }}",
        "{{ 'x' | append: Nothing }}",
    ],
)
def test_what_a_template_may_not_is_refused(api: httpx.Client, source: str) -> None:
    assert faults(put(api, Text=source)).keys() == {"/Text"}


def test_a_preview_keeps_nothing(api: httpx.Client) -> None:
    shown = told(api.post(f"{PATH}/preview", json={}))
    assert shown["Subject"] == "Wartet auf Sie: About you"
    assert "{{" not in shown["Text"] + shown["HTML"]
    tried = told(api.post(f"{PATH}/preview", json={"Subject": "{{ Count }} für {{ Recipient.Lastname }}"}))
    assert tried["Subject"] == "1 für Doe"
    assert tried["Text"] == shown["Text"]
    assert faults(api.post(f"{PATH}/preview", json={"HTML": "{{ Foo }}"})).keys() == {"/HTML"}
    assert told(api.get(PATH))["Changed"] is False


def test_a_template_that_fails_when_it_is_used_loses_no_mail_and_is_told_once(
    api: httpx.Client, workspace: Workspace, program: Program
) -> None:
    kept = "emails/templates/sign_in_link/en"
    told(put(api, kept, Subject="{{ Code }}", Text="{{ URL }}", HTML="{{ URL }}"))
    templates._cache.clear()
    for _ in range(2):
        number = write(workspace, context={**LINK, "Code": None})  # then its subject is empty
        row = told(api.get(f"emails/{number}"))
        assert row["Subject"].startswith("Your link to Workspace")
        assert LINK["URL"] in row["Text"]
    notices = [one for one in told(api.get("emails"))["Items"] if one["Kind"] == "template_failed"]
    assert [(one["To"], "sign_in_link" in one["Subject"]) for one in notices] == [
        (workspace.administrator, True)
    ]
    assert "It gives an empty subject." in notices[0]["Text"]
    # Mended, and broken again: that is told again.
    told(put(api, kept, Subject="{{ Code }}", Text="{{ URL }}!", HTML="{{ URL }}"))
    templates._cache.clear()
    write(workspace, context={**LINK, "Code": None})
    sql = "SELECT count(*) FROM delivery_email WHERE workspace_id = %s AND kind = 'template_failed'"
    assert rows(program.database_url, sql, workspace.id) == [(2,)]


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..2000) %}{% for b in (1..2000) %}{% for c in (1..2000) %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in (1..2000) %}" + "{% assign s = URL | escape | upcase %}" * 300 + "{% endfor %}",
        "{{ Items | compact: 'Nothing' }}",
    ],
)
def test_a_template_that_would_take_too_much_costs_little(
    api: httpx.Client, workspace: Workspace, text: str
) -> None:
    # With the example values nothing is wrong with it.
    told(put(api, Text=f"{{% if Recipient.Firstname == 'Bob' %}}{text}{{% endif %}}Hello"))
    began = time.thread_time()
    for _ in range(20):
        made = rendered(workspace, Recipient={"Firstname": "Bob"})
        assert made.broken is not None
        assert made.text.startswith("Guten Tag")
    assert time.thread_time() - began < 1.5
    # Mended, it is used at once.
    told(put(api, Text="Hello"))
    assert rendered(workspace, Recipient={"Firstname": "Bob"}).text.startswith("Hello")
