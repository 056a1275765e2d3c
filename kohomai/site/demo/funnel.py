"""The funnel of the demo: how a provider of courses might sort its prospects and go on with each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kohomai.site.demo.leads_file import Column

NAME = "Course prospects (demo)"

ORIGIN = "Lead Origin"
LAST = "Last Notable Activity"
OCCUPATION = "What is your current occupation"
TIME = "Total Time Spent on Website"
VISITS = "TotalVisits"
PAGES = "Page Views Per Visit"
NO_EMAIL = "Do Not Email"
SUBJECT = "Specialization"
MATTERS = "What matters most to you in choosing a course"

BY_HAND = ("Lead Add Form", "Quick Add Form")
BY_THEMSELVES = ("API", "Landing Page Submission", "Lead Import")
LEFT = ("Unsubscribed", "Email Marked Spam", "Email Bounced")
ANSWERED = ("SMS Sent", "Had a Phone Conversation", "Approached upfront", "Email Received")
AT_WORK = ("Working Professional", "Businessman")

NEEDED = (
    Column(ORIGIN, "Choice", (*BY_THEMSELVES, *BY_HAND)),
    Column(LAST, "Choice", (*LEFT, *ANSWERED)),
    Column(OCCUPATION, "Choice", AT_WORK),
    Column(TIME, "Number"),
    Column(VISITS, "Number"),
    Column(PAGES, "Number"),
    Column(NO_EMAIL, "YesNo"),
    Column(SUBJECT, "Text"),
    Column(MATTERS, "Text"),
)
"""What the funnel reads, whether or not the file has it; for choices, at least these are among them."""


def definition(name: Callable[[str], str]) -> dict[str, Any]:
    """The funnel. `name` gives the data point of a column, which may be called otherwise."""

    def test(column: str, operator: str, value: Any = None) -> dict[str, Any]:
        found = {"DataPoint": name(column), "Operator": operator}
        return (
            found if value is None else {**found, "Value": list(value) if isinstance(value, tuple) else value}
        )

    def branch(title: str, when: dict[str, Any], following: str) -> dict[str, Any]:
        return {"Name": title, "When": when, "Next": following}

    at_work = test(OCCUPATION, "In", AT_WORK)
    return {
        "Name": NAME,
        "Reentry": "Never",  # the same file again changes nothing
        "Start": "reach",
        "Nodes": {
            "reach": decision(
                "May we write to them?",
                branch(
                    "Asked to be left alone",
                    {"Any": [test(NO_EMAIL, "Is", True), test(LAST, "In", LEFT)]},
                    "quiet",
                ),
                default="source",
            ),
            "source": decision(
                "Where from, and what did they do last?",
                branch("Brought by one of us", test(ORIGIN, "In", BY_HAND), "advice"),
                branch(
                    "Came by themselves and answered us",
                    {"All": [test(ORIGIN, "In", BY_THEMSELVES), test(LAST, "In", ANSWERED)]},
                    "serious",
                ),
                default="interest",
            ),
            "serious": decision(
                "How serious are they?",
                branch(
                    "At work, or long on the site", {"Any": [at_work, test(TIME, "AtLeast", 600)]}, "advice"
                ),
                default="profile",
            ),
            "interest": decision(
                "How warm are they?",
                branch("Hot", {"All": [at_work, test(TIME, "AtLeast", 300)]}, "advice"),
                branch("Warm", {"Any": [test(TIME, "AtLeast", 600), test(PAGES, "AtLeast", 5)]}, "profile"),
                branch(
                    "Nothing known",
                    {"All": [test(OCCUPATION, "IsUnknown"), test(VISITS, "IsUnknown")]},
                    "profile",
                ),
                default="newsletter",
            ),
            **stages(name),
            "offer": decision(
                "Is there a place?",
                branch("Yes", {"Result": "place.Approved", "Operator": "Is", "Value": True}, "enrol"),
                default="newsletter",
            ),
            "ready": decision(
                "Do they know what they want?",
                branch(
                    "At work, or a subject in mind", {"Any": [at_work, test(SUBJECT, "IsKnown")]}, "advice"
                ),
                default="newsletter",
            ),
            "enrolled": {"Type": "End", "Name": "Enrolled", "Outcome": "Converted"},
            "newsletter": {"Type": "End", "Name": "Newsletter", "Outcome": "Nurtured"},
            "quiet": {"Type": "End", "Name": "Left in peace", "Outcome": "Disqualified"},
        },
    }


def decision(name: str, *branches: dict[str, Any], default: str) -> dict[str, Any]:
    """A decision as a definition has it."""
    return {"Type": "Decision", "Name": name, "Branches": list(branches), "Default": default}


def stages(name: Callable[[str], str]) -> dict[str, Any]:
    """The stages: what the lead is asked, and what a manager says to it."""
    lead = {"Kind": "Lead"}

    def form(key: str, title: str, required: str, optional: str) -> dict[str, Any]:
        fields = [{"DataPoint": name(required), "Required": True}, {"DataPoint": name(optional)}]
        return {"Key": key, "Type": "Form", "Name": title, "Assignee": lead, "Settings": {"Fields": fields}}

    goals = form("goals", "What would you like to learn?", SUBJECT, MATTERS)
    place = {
        "Key": "place",
        "Type": "Approval",
        "Name": "Offer a place?",
        "Assignee": {"Kind": "Role", "Role": "Manager"},
        "After": ["goals"],
    }
    about = form("about", "Tell us about yourself", OCCUPATION, SUBJECT)
    terms = {
        "Key": "terms",
        "Type": "Accept",
        "Name": "Terms of the course",
        "Assignee": lead,
        "Settings": {
            "Text": "The course begins on the date you were offered. You can step back within 14 days."
        },
    }
    return {
        "advice": {
            "Type": "Stage",
            "Name": "Talk to an adviser",
            "Activities": [{**goals, "DueIn": "P3D", "Remind": ["PT24H"]}, place],
            "Next": "offer",
        },
        "profile": {
            "Type": "Stage",
            "Name": "Tell us about yourself",
            "Activities": [about],
            "Next": "ready",
        },
        "enrol": {"Type": "Stage", "Name": "Enrol", "Activities": [terms], "Next": "enrolled"},
    }
