"""The kinds of mails: whom each is for, whether it can be unsubscribed from, and which names its template may use.

The names are given with an example value each: it is shown in the API, used by the preview, and says what a template
can ask for. Moments are given to templates as words of the mail's language, in the workspace's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

REMINDERS: Final = "Reminders"
"""What waits for the person, and that it still does."""
DIGESTS: Final = "Digests"
"""What waits for a user of the back-office, gathered."""
MESSAGES: Final = "Messages"
"""What a funnel writes."""
CATEGORIES: Final = (REMINDERS, DIGESTS, MESSAGES)
"""What a person can unsubscribe from."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail. ``for_users``: it goes to users of the back-office, and is no event of a lead's."""

    name: str
    meaning: str
    for_users: bool
    category: str | None
    names: Mapping[str, Any]


_DUE = datetime(2026, 11, 23, 10, tzinfo=UTC)
_LINK = "https://kohomai.example/internal/v1/autologin?UUID=2f1c9d0a-5a0e-4f5e-9d55-0f3d3a3f6c11"
_JOURNEY = "https://kohomai.example/p/journeys/9"
_ITEM: Mapping[str, Any] = {"Name": "Check", "Lead": 4, "Journey": 9, "Due": _DUE, "URL": _JOURNEY}
_FOR_PERSON: Mapping[str, Any] = {
    "Items": [{**_ITEM, "Name": "About you", "Lead": None, "Journey": None, "URL": None}],
    "Count": 1,
    "More": 0,
    "URL": _LINK,
    "SingleUse": True,
}
_FOR_MANAGERS: Mapping[str, Any] = {"Items": [{**_ITEM, "Reason": "It answered 500."}], "Count": 1, "More": 0}

EVERYWHERE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "Workspace": {"Name": "Kohomai"},
        "Recipient": {"Email": "johndoe@gmail.com", "Firstname": "John", "Lastname": "Doe"},
        "Language": "en",
    }
)
"""The names that every template may use."""


def _kinds() -> tuple[Kind, ...]:
    return (
        Kind(
            "sign_in_link",
            "A link to sign in with and, where one was asked for, a code.",
            False,
            None,
            {"URL": _LINK, "Code": "246810", "Minutes": 15},
        ),
        Kind(
            "confirm_data",
            "Somebody has sent data for a known address: its owner sees it, and applies it.",
            False,
            None,
            {"URL": _LINK},
        ),
        Kind(
            "activity_waiting",
            "Something has opened for the person.",
            False,
            REMINDERS,
            _FOR_PERSON,
        ),
        Kind(
            "reminder",
            "What waits for the person, before it is due; at most once a day.",
            False,
            REMINDERS,
            _FOR_PERSON,
        ),
        Kind(
            "message",
            "What an activity of the type E-mail wrote.",
            False,
            MESSAGES,
            {
                "Subject": "Welcome on board",
                "Paragraphs": ["Thank you for your interest.", "We will call you tomorrow."],
                "Button": {"Text": "Have a look", "URL": "https://www.myapp.com"},
            },
        ),
        Kind("overdue", "Activities are overdue; for managers.", True, None, _FOR_MANAGERS),
        Kind("unassigned", "Activities are assigned to nobody; for managers.", True, None, _FOR_MANAGERS),
        Kind("loop", "Journeys were stopped as endless; for managers.", True, None, _FOR_MANAGERS),
        Kind(
            "activity_failed",
            "Automatic activities have failed for good and wait for a manager.",
            True,
            None,
            _FOR_MANAGERS,
        ),
        Kind(
            "journey_completed",
            "A journey has reached its end; for the lead's owner.",
            True,
            None,
            {
                "Lead": {"Id": 4, "Email": "johndoe@gmail.com", "Firstname": "John", "Lastname": "Doe"},
                "Funnel": {"Name": "B2B onboarding"},
                "Outcome": "Converted",
                "URL": _JOURNEY,
            },
        ),
        Kind(
            "digest",
            "What waits for a user of the back-office.",
            True,
            DIGESTS,
            {
                "Overdue": [{**_ITEM, "Matter": None, "Reason": None}],
                "Today": [{**_ITEM, "Due": None, "Matter": "activity_failed", "Reason": "It answered 500."}],
                "Later": [{**_ITEM, "Matter": None, "Reason": None}],
                "Completed": [{**_ITEM, "Name": "B2B onboarding", "Due": None, "Outcome": "Converted"}],
                "Count": 3,
                "More": 0,
                "URL": "https://kohomai.example/p/tasks",
            },
        ),
        Kind(
            "invitation",
            "Somebody is invited to the back-office.",
            True,
            None,
            {
                "URL": "https://kohomai.example/p/invitation",
                "Role": "Manager",
                "InvitedBy": "Mary Major",
                "Hours": 72,
            },
        ),
        Kind(
            "reset",
            "A new password was asked for.",
            True,
            None,
            {"URL": "https://kohomai.example/p/reset", "Hours": 2},
        ),
        Kind(
            "endpoint_disabled",
            "A webhook was disabled; for administrators.",
            True,
            None,
            {"Webhook": 6, "Host": "www.myapp.com", "Reason": "Failing", "Days": 5},
        ),
        Kind(
            "template_failed",
            "A template of the workspace's own could not be filled in; for administrators.",
            True,
            None,
            {"Kind": "reminder", "TemplateLanguage": "en", "Reason": "It loops too often."},
        ),
        Kind("smtp_test", "It tries the mail server.", True, None, {"Host": "smtp.myapp.com"}),
    )


KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in _kinds()})
"""Every kind of mail by its name."""


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises ``ValueError`` where there is none."""
    found = KINDS.get(name)
    if found is None:
        raise ValueError(f"there is no kind of mail {name!r}")
    return found
