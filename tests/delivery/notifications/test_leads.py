"""Leads and stakeholders are told of what waits for them: once they have gone, once, and all of it in one mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx

from tests.delivery.notifications.support import LEAD, Notices, accept, approve
from tests.delivery.support import form, open_door, rows, stage, told, wait
from tests.frontoffice.visitor import Visitor
from tests.support.program import Program

BOSS = {"Kind": "Stakeholder", "Email": "Boss@corp.example"}
ADMINISTRATORS = {"Kind": "Role", "Role": "Administrator"}


def soon(api: httpx.Client, after: str | None = "PT1S") -> None:
    """Leads of the workspace are told when their journey has run for so long."""
    assert told(api.patch("workspace", json={"NotifyLeadsAfter": after}))["NotifyLeadsAfter"] == after


def test_a_lead_who_has_gone_is_told_once(program: Program, api: httpx.Client, notices: Notices) -> None:
    soon(api)
    door = open_door(api, {"first": stage(form(), accept("terms", LEAD))})
    answer = door.register(Firstname="Ada")
    (mail,) = notices.wait("activity_waiting")
    assert mail["To"] == answer["Email"]
    assert mail["Lead"] == {"Id": answer["Id"]}
    assert "2 new things" in mail["Subject"]
    assert "About you" in mail["Text"]
    assert "terms" in mail["Text"]
    notices.no_rows()
    (link,) = re.findall(r"\S+/internal/v1/autologin\?UUID=\S+", mail["Text"])
    with Visitor(program.base_url) as visitor:
        page = visitor.enter(link)
        assert "About you" in page.text
    assert len(notices.mails()) == 1


def test_by_default_a_quarter_of_an_hour_after_the_journey_began(api: httpx.Client, notices: Notices) -> None:
    assert told(api.get("workspace"))["NotifyLeadsAfter"] == "PT15M"
    door = open_door(api, {"first": stage(form(), accept("terms", BOSS))})
    answer = door.register(Test=True)
    notices.relayed()
    began = datetime.fromisoformat(answer["Journey"]["createdDate"])
    assert {(row.person, row.kind): row.due_at for row in notices.rows()} == {
        (f"lead-{answer['Id']}", "activity_waiting"): began + timedelta(minutes=15),
        ("address-boss@corp.example", "activity_waiting"): began + timedelta(minutes=15),
    }
    notices.pass_time()
    notices.wait("activity_waiting", count=2)  # leads that are a test, too


def test_what_is_done_by_then_is_not_told(api: httpx.Client, notices: Notices) -> None:
    soon(api, "PT2S")
    door = open_door(api, {"first": stage(form())})
    journey = door.register()["Journey"]["Id"]
    door.complete(journey, "form", Data=[{"Name": "Answer", "Value": "yes"}])
    notices.relayed()
    notices.no_rows()
    assert notices.mails() == []


def test_what_opens_later_is_told_within_a_minute_and_first(
    program: Program, api: httpx.Client, notices: Notices
) -> None:
    soon(api, "PT5M")
    nodes = {"first": stage(approve("check", ADMINISTRATORS), form(), accept("terms", LEAD, After=["check"]))}
    door = open_door(api, nodes)
    answer = door.register()
    journey, lead = answer["Journey"]["Id"], f"lead-{answer['Id']}"
    notices.relayed()
    notices.pass_time()
    notices.wait("activity_waiting")
    notices.no_rows(person=lead)
    # A quarter of an hour later it is approved.
    sql = "UPDATE journeys_journey SET created_at = created_at - interval '15 minutes' WHERE id = %s RETURNING id"
    rows(program.database_url, sql, journey)
    before = datetime.now(UTC)
    door.complete(journey, "check", Result={"Approved": True})
    row = notices.row(person=lead)
    assert timedelta(seconds=58) < row.due_at - before < timedelta(seconds=65)
    notices.pass_time()
    notices.no_rows(person=lead)
    mail = [one for one in notices.mails("activity_waiting") if one["To"] == answer["Email"]][-1]
    assert "2 new things" in mail["Subject"]
    assert mail["Text"].index("terms") < mail["Text"].index("About you")


def test_what_was_told_already_is_no_reason_for_another_mail(api: httpx.Client, notices: Notices) -> None:
    soon(api)
    after = accept("terms", LEAD, After=["w"])
    door = open_door(api, {"first": stage(form(), wait("w", "PT3S"), after)})
    answer = door.register()
    notices.wait("activity_waiting")
    soon(api, "PT10M")  # so that what opens next is not looked at before it is done
    door.wait_for(answer["Journey"]["Id"], "terms", "InProgress")
    notices.row(person=f"lead-{answer['Id']}")
    door.complete(answer["Journey"]["Id"], "terms", Result={"Accepted": True})
    notices.pass_time()
    notices.no_rows()
    assert len(notices.mails()) == 1


def test_nobody_is_told_while_they_are_there(program: Program, api: httpx.Client, notices: Notices) -> None:
    soon(api)
    door = open_door(api, {"first": stage(form())})
    with Visitor(program.base_url) as visitor:
        answer = door.register()
        visitor.enter(answer["ConnectionURL"])
        notices.relayed()
        notices.pass_time()
        row = notices.put_off(person=f"lead-{answer['Id']}")
        assert not notices.mails()
        assert row.due_at <= datetime.now(UTC) + timedelta(minutes=10)
    gone = "UPDATE lead_sessions_signin SET last_seen_at = last_seen_at - interval '11 minutes' WHERE lead_id = %s"
    rows(program.database_url, gone + " RETURNING id", answer["Id"])
    notices.pass_time()
    notices.wait("activity_waiting")


def test_a_workspace_can_leave_leads_untold(api: httpx.Client, notices: Notices) -> None:
    soon(api, "PT10M")
    door = open_door(api, {"first": stage(form(), accept("terms", BOSS))})
    door.register()
    notices.relayed()
    assert len(notices.rows()) == 2
    soon(api, None)  # those that are to be looked at, too
    notices.pass_time()
    notices.no_rows()
    door.register()
    notices.relayed()
    assert notices.rows() == []
    assert notices.mails() == []


def test_a_stakeholder_gets_a_link_of_their_own(
    program: Program, api: httpx.Client, notices: Notices
) -> None:
    soon(api)
    door = open_door(api, {"first": stage(accept("terms", BOSS), form())})
    first, second = door.register(), door.register()
    mails = notices.wait("activity_waiting", count=3)
    (mail,) = [one for one in mails if one["To"] == "boss@corp.example"]
    assert mail["Lead"] is None
    assert "2 new things" in mail["Subject"]  # of both leads
    assert first["Email"] not in mail["Text"] + mail["HTML"]
    (link,) = re.findall(r"\S+/internal/v1/autologin\?UUID=\S+", mail["Text"])
    with Visitor(program.base_url) as visitor:
        assert "terms" in visitor.enter(link).text
    assert {one["To"] for one in mails} == {"boss@corp.example", first["Email"], second["Email"]}


def test_quiet_hours_put_it_off_to_their_end(api: httpx.Client, notices: Notices) -> None:
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=1), (now + timedelta(hours=2)).replace(second=0, microsecond=0)
    quiet = {"QuietFrom": start.strftime("%H:%M"), "QuietUntil": end.strftime("%H:%M")}
    changed = told(api.patch("workspace", json={"NotifyLeadsAfter": "PT1S", **quiet}))
    assert {**changed, **quiet} == changed
    remind = accept("terms", LEAD, DueIn="PT3S", Remind=["PT2S"], WhenOverdue="Skip", Required=False)
    door = open_door(api, {"first": stage(form(), remind)})
    lead = f"lead-{door.register()['Id']}"
    for kind in ("activity_waiting", "reminder"):
        assert notices.put_off(person=lead, kind=kind).due_at == end
    assert notices.mails() == []
    told(api.patch("workspace", json={"QuietFrom": None, "QuietUntil": None}))
    notices.pass_time()
    notices.wait("activity_waiting")
    notices.no_rows()
    assert len(notices.mails()) == 1  # the reminder's part is in it


def test_who_has_unsubscribed_is_written_to_and_not_sent_to(api: httpx.Client, notices: Notices) -> None:
    soon(api)
    door = open_door(api, {"first": stage(form())})
    answer = door.register()
    (mail,) = notices.wait("activity_waiting")
    assert mail["Status"] == "Kept"
    (link,) = re.findall(r"http\S+/u/\S+", mail["Text"])
    assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}).status_code < 300
    door.register(Email=answer["Email"])
    second = open_door(api, {"first": stage(accept("terms", LEAD))})
    second.register(Email=answer["Email"])
    assert notices.wait("activity_waiting", count=2)[-1]["Status"] == "Suppressed"
