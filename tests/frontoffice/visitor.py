"""Somebody with a browser but no script: opens pages, reads their forms, sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import httpx


@dataclass
class Form:
    """A form of a page: where it goes, what it sends as it stands, and the attributes of its tag."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str | None] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Gathers forms; ``_into`` is the field whose text is being read, ``_select`` the list one is in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._into: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        name = found.get("name")
        if tag == "form":
            self.forms.append(Form(found.get("action") or "", attributes=found))
        elif not self.forms:
            return
        elif tag == "input" and name:
            if found.get("type") not in ("radio", "checkbox") or "checked" in found:
                self.forms[-1].fields[name] = found.get("value") or ""
        elif tag == "select" and name:
            self.forms[-1].fields[name], self._select = "", name
        elif tag == "option" and self._select and "selected" in found:
            self._into = self._select
        elif tag == "textarea" and name:
            self.forms[-1].fields[name], self._into = "", name

    def handle_data(self, data: str) -> None:
        if self._into:
            self.forms[-1].fields[self._into] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "option"):
            self._into = None
        elif tag == "select":
            self._select = None


def forms(answer: httpx.Response) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(answer.text)
    return parser.forms


def form(answer: httpx.Response, action: str = "") -> Form:
    """The one form of a page whose action ends like this; a form without one goes to the page itself."""
    found = [each for each in forms(answer) if each.action.endswith(action) and "logout" not in each.action]
    assert len(found) == 1, [each.action for each in found]
    found[0].action = found[0].action or str(answer.request.url.path)
    return found[0]


class Visitor(httpx.Client):
    """A browser with its own cookies, that follows nothing by itself."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url=base_url, timeout=30, headers={"Accept-Language": "en"})

    def send_form(self, page: httpx.Response, action: str = "", /, **values: Any) -> httpx.Response:
        """Send the form of a page, with these values in it."""
        found = form(page, action)
        sent = {**found.fields, **values}
        return self.post(
            found.action, data={name: value for name, value in sent.items() if value is not None}
        )

    def enter(self, connection_url: str) -> httpx.Response:
        """Go in by a link; gives the page behind it."""
        answer = self.send_form(self.get(path_of(connection_url)), "autologin")
        assert answer.status_code == 303, answer.text
        return self.follow(answer)

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where an answer leads, until there is a page."""
        while answer.status_code in (302, 303):
            answer = self.get(answer.headers["location"])
        return answer

    def step(self, page: httpx.Response, name: str) -> httpx.Response:
        """Open a step from a journey's page."""
        for address, shown in re.findall(
            r'href="(/f/journeys/\d+/activities/\d+)"(.*?)</a>', page.text, re.S
        ):
            if name in shown:
                return self.get(address)
        raise AssertionError(f"no step {name!r} on the page")


def path_of(url: str) -> str:
    """An address without its scheme and host."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def labelled(page: httpx.Response, label: str) -> str:
    """The name of the input that a label belongs to."""
    found = re.search(rf'<label for="([^"]+)">{re.escape(label)}', page.text)
    assert found, f"no field {label!r}"
    return found[1]
