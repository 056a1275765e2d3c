"""Templates of mails: a workspace's own where it has any, else those that come along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, thread_time
from typing import Any

import structlog
from django.db.models.functions import Now

from kohomai.activities import texts
from kohomai.delivery.emails import defaults
from kohomai.delivery.emails.defaults import Words
from kohomai.delivery.emails.kinds import EVERYWHERE, KINDS, Kind
from kohomai.delivery.emails.rendering import Rendered, in_words
from kohomai.delivery.emails.rendering import render as fill_in
from kohomai.delivery.models import EmailTemplate
from kohomai.engine.errors import Fault, Invalid, NotFound
from kohomai.engine.values import MAX_TEXT, parse_text
from kohomai.workspaces.caching import ShortCache
from kohomai.workspaces.checks import raise_faults
from kohomai.workspaces.services import LANGUAGES
from kohomai.workspaces.services import settings as workspace_settings

LONGEST = {"Subject": 1_000, "Text": 50_000, "HTML": 100_000}
"""Characters of each part."""
COSTLY = 0.1
"""Seconds of computing from which on a template that could not be filled in is left alone for a while."""
REST = 600.0
"""Seconds of that while."""
MAX_COSTLY = 10_000
_OF_LOOPS = frozenset(("size", "first", "last"))

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Template:
    """What mails of a kind say in a language. ``changed_at`` where the words are the workspace's own."""

    kind: Kind
    language: str
    words: Words
    changed_at: datetime | None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A workspace's own template that could not be filled in, and why (the rest of a sentence)."""

    template_id: int
    kind: str
    language: str
    changed_at: datetime
    reason: str


# --- using them ---------------------------------------------------------------------------------------------


def render(
    workspace_id: int, kind: str, language: str, values: Mapping[str, Any], unsubscribe: str | None
) -> tuple[Rendered, Broken | None]:
    """A mail in the workspace's own words, else in ours; in ours, too, where its own cannot be filled in."""
    own = _own(workspace_id).get((kind, language))
    if own is None:
        return fill_in(defaults.words(kind, language), values, language, unsubscribe), None
    broken = _costly.get(own)
    began = thread_time()
    if broken is None:
        try:
            return fill_in(own.words, values, language, unsubscribe), None
        except ValueError as error:
            _log.warning(
                "a template cannot be filled in", workspace=workspace_id, kind=kind, language=language
            )
            broken = _broken(own, str(error))
    if thread_time() - began >= COSTLY:
        _costly.put(own, broken)
    return fill_in(defaults.words(kind, language), values, language, unsubscribe), broken


def _broken(own: Template, reason: str) -> Broken:
    assert own.id is not None
    assert own.changed_at is not None
    return Broken(own.id, own.kind.name, own.language, own.changed_at, f"It {reason}.")


class _Costly:
    """Templates that took long to fail: they are not tried again for a while, since whole batches of mails are written
    in one short transaction, of all workspaces."""

    def __init__(self) -> None:
        self._known: dict[tuple[int | None, datetime | None], tuple[float, Broken]] = {}

    def get(self, own: Template) -> Broken | None:
        until, broken = self._known.get((own.id, own.changed_at), (0.0, None))
        return broken if until > monotonic() else None

    def put(self, own: Template, broken: Broken) -> None:
        if len(self._known) >= MAX_COSTLY:
            self._known.clear()
        self._known[own.id, own.changed_at] = (monotonic() + REST, broken)


_costly = _Costly()


def _own(workspace_id: int) -> Mapping[tuple[str, str], Template]:
    found = _cache.get(workspace_id)
    assert found is not None  # a workspace without its own has an empty one
    return found


def _load(workspace_id: int) -> Mapping[tuple[str, str], Template]:
    rows = EmailTemplate.objects.filter(workspace_id=workspace_id, kind__in=list(KINDS))
    return {(row.kind, row.language): _template(row) for row in rows}


def _template(row: EmailTemplate) -> Template:
    words = Words(row.subject, row.text, row.html)
    return Template(KINDS[row.kind], row.language, words, row.changed_at, row.id)


_cache: ShortCache[int, Mapping[tuple[str, str], Template]] = ShortCache(_load)


# --- reading and changing them --------------------------------------------------------------------------------


def listed(workspace_id: int, kind: str | None = None, language: str | None = None) -> list[Template]:
    """Every kind in every language, or those that are asked for."""
    own = _load(workspace_id)
    return [
        own.get((name, tongue)) or _ours(name, tongue)
        for name in KINDS
        for tongue in LANGUAGES
        if kind in (None, name) and language in (None, tongue)
    ]


def get(workspace_id: int, kind: str, language: str) -> Template:
    """One template. Raises ``NotFound``."""
    _check(kind, language)
    row = EmailTemplate.objects.filter(workspace_id=workspace_id, kind=kind, language=language).first()
    return _ours(kind, language) if row is None else _template(row)


def put(workspace_id: int, kind: str, language: str, fields: Mapping[str, object]) -> Template:
    """Say it in the workspace's own words: Subject, Text and HTML. Raises ``Invalid`` with every fault (syntax, names
    that there are not, what the example values cannot be put into), and ``NotFound``."""
    _check(kind, language)
    faults: list[Fault] = []
    words = _read(KINDS[kind], language, fields, faults)
    raise_faults(faults)
    EmailTemplate.objects.update_or_create(
        workspace_id=workspace_id,
        kind=kind,
        language=language,
        defaults={"subject": words.subject, "text": words.text, "html": words.html, "changed_at": Now()},
    )
    _cache.forget(workspace_id)
    return get(workspace_id, kind, language)


def delete(workspace_id: int, kind: str, language: str) -> None:
    """Go back to our words. Raises ``NotFound`` for a kind or language that there is not."""
    _check(kind, language)
    EmailTemplate.objects.filter(workspace_id=workspace_id, kind=kind, language=language).delete()
    _cache.forget(workspace_id)


def preview(workspace_id: int, kind: str, language: str, fields: Mapping[str, object]) -> Rendered:
    """The mail with example values; what ``fields`` has (Subject, Text, HTML) is tried in the place of what is kept.
    Raises ``Invalid`` and ``NotFound``."""
    kept = get(workspace_id, kind, language)
    faults: list[Fault] = []
    given = {"Subject": kept.words.subject, "Text": kept.words.text, "HTML": kept.words.html, **fields}
    words = _read(kept.kind, language, given, faults)
    raise_faults(faults)
    return _with_examples(workspace_id, kept.kind, language, words)


def names_of(workspace_id: int, kind: Kind, language: str) -> dict[str, Any]:
    """The names that a template of the kind may use, each with an example value as the template would get it."""
    workspace = workspace_settings(workspace_id)
    examples = {**EVERYWHERE, "Workspace": {"Name": workspace.name}, "Language": language, **kind.names}
    shown: dict[str, Any] = in_words(examples, language, workspace.time_zone)
    return shown


def _check(kind: str, language: str) -> None:
    if kind not in KINDS or language not in LANGUAGES:
        raise NotFound("There is no such kind of mail, or it is not written in this language.")


def _ours(kind: str, language: str) -> Template:
    return Template(KINDS[kind], language, defaults.words(kind, language), None)


def _with_examples(workspace_id: int, kind: Kind, language: str, words: Words) -> Rendered:
    link = None if kind.category is None else "https://kohomai.example/u/example"
    try:
        return fill_in(words, names_of(workspace_id, kind, language), language, link)
    except ValueError as error:
        raise Invalid([Fault("", "WrongValue", f"With the example values the template {error}.")]) from None


# --- what is wrong with one -----------------------------------------------------------------------------------


def _read(kind: Kind, language: str, fields: Mapping[str, object], faults: list[Fault]) -> Words:
    parts = [_part(kind, name, fields.get(name), faults) for name in ("Subject", "Text", "HTML")]
    return Words(*parts)


def _part(kind: Kind, name: str, raw: object, faults: list[Fault]) -> str:
    pointer = f"/{name}"
    if raw is None or raw == "":
        faults.append(Fault(pointer, "Required", f"{name} is required."))
        return ""
    try:
        source = texts.check(_text(raw, LONGEST[name]))
    except ValueError as error:
        faults.append(Fault(pointer, "WrongValue", f"{name} {error}."))
        return ""
    known = {**EVERYWHERE, **kind.names}
    for path in texts.names(source):
        if not _is_there(path, known):
            faults.append(
                Fault(pointer, "UnknownName", f"{name}: there is no {'.'.join(path)} in such a mail.")
            )
    fields = _fields(known) | _OF_LOOPS
    for field in texts.inner_names(source):
        if field not in fields and not field.lstrip("-").isdigit():
            faults.append(Fault(pointer, "UnknownName", f"{name}: nothing in such a mail has a {field}."))
    return source


def _text(raw: object, longest: int) -> str:
    """Text of at most so many characters. Raises ``ValueError``."""
    if not isinstance(raw, str):
        raise ValueError("must be text")
    if len(raw) > longest:
        raise ValueError(f"must not be longer than {longest:,} characters")
    for start in range(0, len(raw), MAX_TEXT):
        parse_text(raw[start : start + MAX_TEXT])
    return raw


def _fields(known: Any) -> set[str]:
    """All fields that anything in the example values has."""
    if isinstance(known, Mapping):
        return {str(name) for name in known} | {field for one in known.values() for field in _fields(one)}
    if isinstance(known, list):
        return {field for one in known for field in _fields(one)}
    return set()


def _is_there(path: Iterable[str], known: Any) -> bool:
    """Whether the example values have such a name; what an example leaves empty may hold anything."""
    for step in path:
        if known is None:
            return True
        if isinstance(known, Mapping):
            if step not in known:
                return step in _OF_LOOPS
            known = known[step]
        elif isinstance(known, list | str):
            if step not in _OF_LOOPS and not step.lstrip("-").isdigit():
                return False
            known = None if step == "size" or isinstance(known, str) else known[0]
        else:
            return False
    return True
