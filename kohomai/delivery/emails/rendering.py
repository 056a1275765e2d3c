"""Words and values make a mail: subject on one line, text, HTML within the layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import dateformat, translation

from kohomai.activities import texts
from kohomai.delivery.emails import defaults
from kohomai.delivery.emails.defaults import Words

MAX_SUBJECT = 300
_CONTENT = "<!--content-->"
_DAYS = {"en": "l, j F Y", "de": "l, j. F Y", "fr": "l j F Y"}
_MOMENTS = {"en": "l, j F Y, H:i T", "de": r"l, j. F Y, H:i \U\h\r (T)", "fr": r"l j F Y à H:i (T)"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail in words."""

    subject: str
    text: str
    html: str


def render(words: Words, values: Mapping[str, Any], language: str, unsubscribe: str | None) -> Rendered:
    """A mail, with the link to unsubscribe by, where it has one. Raises ``ValueError`` with the rest of a sentence
    when a template cannot be filled in, or gives no subject."""
    subject = " ".join(texts.render(words.subject, values).split())[:MAX_SUBJECT]
    if not subject:
        raise ValueError("gives an empty subject")
    text = texts.render(words.text, values).strip() + "\n"
    content = texts.render(words.html, values, "html").strip()
    link = None
    if unsubscribe is not None:
        link = {"Text": defaults.UNSUBSCRIBE[language], "URL": unsubscribe}
        text += f"\n-- \n{link['Text']}: {link['URL']}\n"
    page = texts.render(
        defaults.layout(),
        {"Language": language, "Subject": subject, "Workspace": values["Workspace"], "Unsubscribe": link},
        "html",
    )
    return Rendered(subject, text, page.replace(_CONTENT, content, 1))


def in_words(value: Any, language: str, zone: str) -> Any:
    """``value`` with every moment and day in it as people of the language say it, in the zone."""
    if isinstance(value, Mapping):
        return {name: in_words(one, language, zone) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [in_words(one, language, zone) for one in value]
    if isinstance(value, datetime):
        with translation.override(language):
            return dateformat.format(value.astimezone(ZoneInfo(zone)), _MOMENTS[language])
    if isinstance(value, date):
        with translation.override(language):
            return dateformat.format(value, _DAYS[language])
    return value
