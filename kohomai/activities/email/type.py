"""Email: a message with data of the journey in it, put into the outbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import Field

from kohomai.activities import texts
from kohomai.activities.base import BaseType, Point, Settings, Template, Text
from kohomai.activities.services import GivenUp, Services, Situation
from kohomai.engine.errors import Fault
from kohomai.engine.types import Outcome
from kohomai.engine.values import ValueType

Language = Literal["en", "de", "fr"]


class Recipient(Settings):
    """Whom it goes to, by the words of an assignee."""

    kind: Literal["Lead", "Owner", "Stakeholder"] = "Lead"
    email: Text | None = None
    data_point: Point | None = None


class Wording(Settings):
    """What it says; an empty line begins a new paragraph. ``Button`` is what stands on a button below, which leads
    into the front-office."""

    subject: Annotated[Template, Field(min_length=1, max_length=300)]
    text: Annotated[Template, Field(min_length=1)]
    button: Annotated[Text, Field(min_length=1, max_length=100)] | None = None


class EmailSettings(Wording):
    """``Translations`` are for those who speak another language than the text is in. ``Necessary`` mails go out even
    to those who have unsubscribed from messages, and offer no way to."""

    to: Recipient = Recipient()
    translations: Mapping[Language, Wording] = {}
    necessary: bool = False


class Email(BaseType[EmailSettings]):
    """Done when the mail lies in the outbox: what becomes of it there, events tell (``email.sent``, …)."""

    name = "Email"
    model = EmailSettings
    automatic = True
    system_points = ("Owner",)

    def faults(self, settings: EmailSettings) -> list[Fault]:
        """A stakeholder has either an address or a data point that holds one; nobody else has."""
        to = settings.to
        if to.kind == "Stakeholder" and (to.email is None) == (to.data_point is None):
            return [Fault("/Settings/To/Email", "Required", "Say either Email or DataPoint.")]
        if to.kind != "Stakeholder" and (to.email is not None or to.data_point is not None):
            return [Fault("/Settings/To/Kind", "NotAllowed", f"The address of a {to.kind} is known.")]
        if to.email is not None and not _is_address(to.email):
            return [Fault("/Settings/To/Email", "WrongValue", "This must be an e-mail address.")]
        if to.data_point is not None and to.data_point.type is not ValueType.TEXT:
            return [Fault("/Settings/To/DataPoint", "WrongType", f"{to.data_point.name} holds no text.")]
        return []

    def run(self, settings: EmailSettings, situation: Situation, services: Services) -> Outcome:
        """Write it. Raises ``GivenUp`` where there is no address, or a text cannot be filled in."""
        to = _address(settings.to, situation)
        language = situation.language.partition("-")[0].lower()
        wording = settings.translations.get(language, settings)  # type: ignore[call-overload]
        values: dict[str, Any] = dict(situation.texts)
        if wording.button or any(("URL",) in texts.names(one) for one in (wording.subject, wording.text)):
            values["URL"] = services.mail.link(to)
        try:
            subject = " ".join(texts.render(wording.subject, values).split())
            text = texts.render(wording.text, values)
            written = services.mail.write(
                to=to,
                subject=subject,
                paragraphs=[part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()],
                button=(wording.button, values["URL"]) if wording.button else None,
                necessary=settings.necessary,
            )
        except ValueError as error:
            raise GivenUp(f"The mail {error}.") from None
        return Outcome(explanation={"Email": {"Id": written}})


def _address(to: Recipient, situation: Situation) -> str:
    if to.kind == "Lead":
        return str(situation.texts["Lead"]["Email"])
    if to.kind == "Owner":
        found = situation.texts["Data"].get("Owner")
    else:
        found = to.email or situation.facts.data.get(to.data_point.id if to.data_point else 0)
    if not isinstance(found, str) or not _is_address(found):
        who = "The lead has no owner yet." if to.kind == "Owner" else "There is no address to write to."
        raise GivenUp(who)
    return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


TYPE = Email()
