"""The words that mails have unless a workspace has its own: one file per kind and language.

A file (``words/<kind>.<language>.liquid``) begins with the subject; the text follows a line ``--- text``, the HTML
a line ``--- html``. The HTML is put into ``words/layout.liquid``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"

UNSUBSCRIBE = {
    "en": "Unsubscribe from such mails",
    "de": "Solche E-Mails abbestellen",
    "fr": "Se désabonner de ces e-mails",
}
"""What the link below a mail says."""


@dataclass(frozen=True, slots=True)
class Words:
    """The template of a kind of mail in one language: Liquid, three times."""

    subject: str
    text: str
    html: str


@cache
def words(kind: str, language: str) -> Words:
    """Our own words. Raises ``OSError`` where there is no such kind or language."""
    whole = (_FOLDER / f"{kind}.{language}.liquid").read_text(encoding="utf-8")
    subject, _, rest = whole.partition("\n--- text\n")
    text, _, html = rest.partition("\n--- html\n")
    return Words(subject, text, html)


@cache
def layout() -> str:
    """The page around the HTML of every mail; ``<!--content-->`` stands for it."""
    return (_FOLDER / "layout.liquid").read_text(encoding="utf-8")
