"""The examples of the OpenAPI document; the tests hold each against its shape."""

from __future__ import annotations

from typing import Any

CREATED = "2026-11-23T10:00:00.000Z"
CHANGED = "2026-11-23T10:05:00.000Z"
DATES = {"createdDate": CREATED, "changedDate": CHANGED}

LEAD_IN = {
    "Email": "johndoe@gmail.com",
    "Firstname": "John",
    "Lastname": "Doe",
    "PhoneNumber": "+1 (800) 555‑0175",
    "RedirectURL": "https://www.myapp.com",
    "JourneyData": [{"Name": "My datapoint", "Value": "example"}],
    "WebhookInput": {"URL": "https://www.myapp.com/hook", "Events": ["journey.completed"]},
}

ACTIVITY: dict[str, Any] = {
    "Id": 31,
    "Key": "about",
    "Node": "private",
    "Visit": 1,
    "Attempt": 1,
    "Type": "Form",
    "Name": "About you",
    "Required": True,
    "Status": "InProgress",
    "Assignee": {"Kind": "Lead"},
    "OpenedAt": CREATED,
    "DueAt": None,
    "Overdue": False,
    "EndedAt": None,
    "Result": None,
    "Explanation": None,
    "Error": None,
}

JOURNEY_LINE: dict[str, Any] = {
    "Id": 9,
    "Status": "InProgress",
    "Outcome": None,
    "Reason": None,
    "Lead": {"Id": 4, "Email": "johndoe@gmail.com"},
    "Funnel": {"Id": 7, "Version": 1},
    "Node": {"Key": "private", "Name": "Getting to know you"},
    "RedirectURL": "https://www.myapp.com",
    "Test": False,
    **DATES,
}

RECEIPT: dict[str, Any] = {
    "Node": "qualify",
    "At": CREATED,
    "Version": 1,
    "Inputs": [{"DataPoint": "Email is free", "Value": True, "Source": "System", "KnownSince": CREATED}],
    "Tried": [
        {
            "Branch": "Private address",
            "Holds": True,
            "Conditions": {
                "DataPoint": "Email is free",
                "Operator": "Is",
                "Value": True,
                "Seen": True,
                "Holds": True,
            },
        }
    ],
    "Taken": "Private address",
    "NotTaken": [
        {
            "Branch": "Default",
            "WouldNeed": [{"DataPoint": "Email is free", "Operator": "Is", "Value": True, "Must": False}],
        }
    ],
}

JOURNEY: dict[str, Any] = {
    **JOURNEY_LINE,
    "Activities": [ACTIVITY],
    "Data": [{"Name": "My datapoint", "Value": "example", "Source": "API", "ChangedAt": CREATED}],
    "Decisions": [RECEIPT],
}

SESSION_FIELDS = {
    "UUID": "2f1c9d0a-5a0e-4f5e-9d55-0f3d3a3f6c11",
    "ConnectionURL": "https://kohomai.example/internal/v1/autologin?UUID=2f1c9d0a-5a0e-4f5e-9d55-0f3d3a3f6c11",
    "ValidUntil": "2026-11-23T10:05:00.000Z",
    "RedirectURL": "https://www.myapp.com",
}

LEAD_HEAD: dict[str, Any] = {
    "Id": 4,
    "Email": "johndoe@gmail.com",
    "Firstname": "John",
    "Lastname": "Doe",
    "PhoneNumber": "+18005550175",
    "PhoneNumberOriginal": "+1 (800) 555‑0175",
}

REGISTERED: dict[str, Any] = {**LEAD_HEAD, **DATES, "Result": "Created", "Journey": JOURNEY, **SESSION_FIELDS}
LEAD_LINE: dict[str, Any] = {**LEAD_HEAD, "Attribution": {}, "Test": False, **DATES}
LEAD: dict[str, Any] = {
    **LEAD_LINE,
    "Data": [{"Name": "Country", "Value": "US", "Source": "System", "ChangedAt": CREATED}],
}

SESSION: dict[str, Any] = {
    **SESSION_FIELDS,
    **DATES,
    "User": {"Firstname": "John", "Lastname": "Doe", "Id": 4},
}

FUNNEL: dict[str, Any] = {"Id": 7, "Name": "B2B onboarding", "Version": 1, "Archived": False, **DATES}

DEFINITION: dict[str, Any] = {
    "Name": "B2B onboarding",
    "Reentry": "WhenEnded",
    "Start": "about-you",
    "Nodes": {
        "about-you": {
            "Type": "Stage",
            "Name": "About you",
            "Activities": [
                {
                    "Key": "about",
                    "Type": "Form",
                    "Name": "About you",
                    "Assignee": {"Kind": "Lead"},
                    "Settings": {"Fields": [{"DataPoint": "Interest", "Required": True}]},
                }
            ],
            "Next": "won",
        },
        "won": {"Type": "End", "Name": "Customer", "Outcome": "Converted"},
    },
}

VERSION: dict[str, Any] = {
    "Version": 1,
    "Funnel": {"Id": 7},
    "PublishedAt": CREATED,
    "PublishedBy": {"Kind": "Key", "Id": 2},
    "FailingTests": [],
}

ORIGIN: dict[str, Any] = {
    "Id": 12,
    "Type": "API",
    "Name": "Website",
    "Ref": "k3vd9m2xq7ha",
    "Funnel": {"Id": 7},
    "BuiltIn": False,
    "Closed": False,
    "DataPoints": ["My datapoint"],
    "Settings": {},
    **DATES,
}

DATA_POINT: dict[str, Any] = {
    "Id": 61,
    "Name": "Budget",
    "Type": "Amount",
    "Choices": [],
    "Description": "",
    "System": False,
    "Used": True,
    "Archived": False,
    **DATES,
}

USER: dict[str, Any] = {
    "Id": 3,
    "Email": "mary@myapp.example",
    "Firstname": "Mary",
    "Lastname": "Major",
    "Role": "Manager",
    "Presence": "Available",
    "AwayUntil": None,
    "Present": True,
    "Capacity": 40,
    "TimeZone": None,
    "Notifications": {"Mode": "AtOnce", "DigestAt": "08:00", "QuietFrom": None, "QuietUntil": None},
    **DATES,
}

SECRET: dict[str, Any] = {"Id": 5, "Name": "crm", **DATES}

API_KEY: dict[str, Any] = {
    "Id": 2,
    "Name": "Website",
    "Kind": "Publishable",
    "Hint": "kh_pub_Xk2a",
    "Origins": ["k3vd9m2xq7ha"],
    "WebOrigins": ["https://www.myapp.com"],
    "LastUsedAt": CHANGED,
    "ExpiresAt": None,
    "RevokedAt": None,
    **DATES,
}

EVENT: dict[str, Any] = {
    "Id": 88,
    "Type": "journey.completed",
    "At": CHANGED,
    "Lead": {"Id": 4},
    "Journey": {"Id": 9},
    "Sequence": 6,
    "Data": {"Node": "won", "Outcome": "Converted"},
}

EMAIL: dict[str, Any] = {
    "Id": 5,
    "Kind": "reminder",
    "Category": "Reminders",
    "To": "johndoe@gmail.com",
    "Subject": "Waiting for you: About you",
    "Text": "Hello, …",
    "HTML": "<!doctype html>…",
    "Language": "en",
    "Status": "Sent",
    "Tries": 1,
    "NextAt": None,
    "LastError": None,
    "Lead": {"Id": 4},
    "Journey": None,
    "createdDate": CREATED,
    "SentAt": CHANGED,
    "EndedAt": CHANGED,
}

SMTP_SERVER: dict[str, Any] = {
    "Host": "smtp.myapp.com",
    "Port": 587,
    "Security": "StartTLS",
    "Username": "kohomai",
    "HasPassword": True,
    "FromAddress": "hello@myapp.com",
    "FromName": "My app",
    "ReplyTo": "sales@myapp.com",
    "BounceAddress": None,
    **DATES,
}

EMAIL_TEMPLATE: dict[str, Any] = {
    "Kind": "reset",
    "Language": "en",
    "Meaning": "A new password was asked for.",
    "Category": None,
    "Changed": False,
    "Subject": "Choose a new password for {{ Workspace.Name }}",
    "Text": "Hello,\n\nwith this link you choose one: {{ URL }}",
    "HTML": '<p>Hello,</p>\n<p><a class="button" href="{{ URL }}">Choose a new password</a></p>',
    "Names": {
        "Workspace": {"Name": "Kohomai"},
        "Recipient": {"Email": "johndoe@gmail.com", "Firstname": "John", "Lastname": "Doe"},
        "Language": "en",
        "URL": "https://kohomai.example/p/reset",
        "Hours": 2,
    },
    "changedDate": None,
}

UNSUBSCRIBED: dict[str, Any] = {
    "Id": 3,
    "Category": "Reminders",
    "Email": "johndoe@gmail.com",
    "Lead": {"Id": 4},
    "createdDate": CREATED,
}

WEBHOOK: dict[str, Any] = {
    "Id": 6,
    "Lead": None,
    "URL": "https://www.myapp.com/hook",
    "Events": ["journey.completed"],
    "Disabled": False,
    "DisabledReason": None,
    "FailingSince": None,
    "FormerSecretUntil": None,
    **DATES,
}
WEBHOOK_SECRET = "whsec_pb6633cNlf11iCwfcWsflLcRJqpaPaZcUqfDhzYBCU8="  # noqa: S105  (an example)

DELIVERY: dict[str, Any] = {
    "Id": 31,
    "MessageId": "evt_88",
    "Event": {"Id": 88},
    "Type": "journey.completed",
    "Lead": {"Id": 4},
    "Journey": {"Id": 9},
    "Status": "Done",
    "Tries": 1,
    "NextAt": None,
    "AnswerStatus": 204,
    "Error": None,
    "createdDate": CHANGED,
    "EndedAt": CHANGED,
}
DELIVERY_WHOLE: dict[str, Any] = {
    **DELIVERY,
    "Attempts": [
        {
            "Number": 1,
            "At": CHANGED,
            "Took": 41,
            "Request": {
                "URL": "https://www.myapp.com/hook",
                "Headers": {
                    "webhook-id": "evt_88",
                    "webhook-timestamp": "1795428000",
                    "webhook-signature": "v1,…",
                },
                "Body": "{…}",
            },
            "Answer": {"Status": 204, "Body": ""},
            "Error": None,
        }
    ],
}

WORKSPACE: dict[str, Any] = {
    "Id": 1,
    "Name": "Kohomai",
    "DefaultCountry": "US",
    "Language": "en",
    "TimeZone": "UTC",
    "WorkingDays": False,
    "RedirectHosts": [],
    "NotifyLeadsAfter": "PT15M",
    "QuietFrom": None,
    "QuietUntil": None,
    "WebhookSecret": "whsec_pb6633cNlf11iCwfcWsflLcRJqpaPaZcUqfDhzYBCU==",
    **DATES,
}


def page(item: dict[str, Any]) -> dict[str, Any]:
    """A list with one item and no further page."""
    return {"Items": [item], "Next": None}
