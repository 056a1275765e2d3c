"""A WebhookCall sends what the journey knows, signed and marked, and takes data from the answer."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from kohomai.activities import registry
from kohomai.delivery import relay, runs
from tests.delivery.support import Door, form, open_door, rows, stage, told, until, worker_paused
from tests.delivery.webhooks.receiver import Receiver, say
from tests.support.program import Program


def call(url: str, **settings: Any) -> dict[str, Any]:
    """The activity."""
    return {
        "Key": "call",
        "Type": "WebhookCall",
        "Name": "Tell the CRM",
        "Settings": {"URL": url, **settings},
    }


def opened(api: httpx.Client, receiver: Receiver, path: str = "", **settings: Any) -> Door:
    """A funnel that calls the receiver, then asks the lead."""
    return open_door(api, {"first": stage(call(receiver.url + path, **settings), form())})


def test_it_sends_data_and_takes_data(api: httpx.Client) -> None:
    with Receiver(say(200, b'{"crm": {"id": "C-7", "tier": "Gold"}}')) as receiver:
        door = opened(
            api,
            receiver,
            "/{{ Lead.Email }}?from={{ Data.Origin }}",
            Method="PUT",
            Headers=[{"Name": "X-Name", "Value": "{{ Lead.Firstname }} & Co\r\nX-Evil: yes"}],
            Body={
                "email": "{{ Lead.Email }}",
                "free": '{{ Data["Email is free"] }}',
                "note": "for {{ Lead.Firstname }}",
            },
            Take=[
                {"DataPoint": "Segment", "Path": "$.crm.tier"},
                {"DataPoint": "Until", "Path": "$.crm.since"},
            ],
        )
        answer = door.register(Email="ada+1@corp.example", Firstname="Ada")
        journey = answer["Journey"]["Id"]
        done = door.wait_for(journey, "call", "Completed")
    assert done["Result"] == {"OK": True, "Status": 200}
    assert done["Explanation"]["NotTaken"] == [{"DataPoint": "Until", "Reason": "is not there"}]
    data = {item["Name"]: item["Value"] for item in door.journey(journey)["Data"]}
    assert data["Segment"] == "Gold"
    (received,) = receiver.received
    assert received.path == "/hook/ada%2B1%40corp.example?from=Tests"
    assert received.json == {"email": "ada+1@corp.example", "free": False, "note": "for Ada"}
    assert received.headers["x-name"] == "Ada & CoX-Evil: yes"  # one header, whatever is in it
    assert received.headers["content-type"] == "application/json"
    assert received.headers["idempotency-key"] == f"kh-{journey}-call-1-1-0"
    secret = told(api.get("workspace"))["WebhookSecret"]
    Webhook(secret).verify(received.body, received.headers)


def test_keys_of_other_services_are_sent_and_kept_nowhere(program: Program, api: httpx.Client) -> None:
    told(api.post("secrets", json={"Name": "crm", "Value": "tell-nobody"}))
    with Receiver(say(404)) as receiver:
        headers = [{"Name": "Authorization", "Value": "Bearer {{ Secret.crm }}{{ Secret.other }}"}]
        door = opened(api, receiver, Headers=headers, Body={"key": "{{ Secret.crm }}", "all": "{{ Secret }}"})
        journey = door.register()["Journey"]["Id"]
        door.wait_for(journey, "call", "Failed")
    (received,) = receiver.received
    assert received.headers["authorization"] == "Bearer tell-nobody"
    assert received.json == {"key": "tell-nobody", "all": {}}
    for table in ("journeys_event", "delivery_activityrun", "journeys_activity"):
        found = rows(
            program.database_url, f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%tell-nobody%'"
        )
        assert found == [(0,)], table
    assert "tell-nobody" not in program.log.read_text()


def test_without_a_body_it_sends_what_is_known(api: httpx.Client) -> None:
    with Receiver() as receiver:
        door = opened(api, receiver)
        answer = door.register(JourneyData=[{"Name": "Segment", "Value": "Gold"}])
        door.wait_for(answer["Journey"]["Id"], "call", "Completed")
    sent = receiver.received[0].json
    assert sent["Lead"]["Id"] == answer["Id"]
    assert sent["Journey"] == {"Id": answer["Journey"]["Id"]}
    assert sent["Data"]["Segment"] == "Gold"


def test_what_may_pass_is_tried_again_with_the_same_mark(api: httpx.Client) -> None:
    with Receiver(say(503)) as receiver:
        door = opened(api, receiver)
        journey = door.register()["Journey"]["Id"]
        until(lambda: receiver.received)
        receiver.answer = say(200)
        door.wait_for(journey, "call", "Completed")
    marks = {one.headers["idempotency-key"] for one in receiver.received}
    assert len(receiver.received) >= 2
    assert len(marks) == 1


def test_what_stays_a_failure_waits_for_a_manager_who_can_have_it_run_again(api: httpx.Client) -> None:
    with Receiver(say(404)) as receiver:
        door = opened(api, receiver)
        journey = door.register()["Journey"]["Id"]
        failed = door.wait_for(journey, "call", "Failed")
        assert failed["Error"] == "It answered 404."
        receiver.answer = say(200)
        told(api.post(f"journeys/{journey}/activities/{failed['Id']}/retry", json={}))
        door.wait_for(journey, "call", "Completed")
        assert len({one.headers["idempotency-key"] for one in receiver.received}) == 2
        second = door.register()["Journey"]["Id"]
        receiver.answer = say(400)
        third = door.register()["Journey"]["Id"]
        stuck = door.wait_for(third, "call", "Failed")
        told(api.post(f"journeys/{third}/activities/{stuck['Id']}/skip", json={}))
        assert door.activity(third, "call")["Status"] == "Skipped"
        assert second != third


def test_it_can_go_on_without(api: httpx.Client) -> None:
    with Receiver(say(410)) as receiver:
        door = opened(api, receiver, OnFailure="GoOn")
        done = door.wait_for(door.register()["Journey"]["Id"], "call", "Completed")
    assert done["Result"] == {"OK": False, "Status": 410}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (say(200, b"<html>not JSON</html>"), "What it answered is not JSON, or is too large."),
        (say(200, b'{"a": "' + b"x" * 1_100_000 + b'"}'), "What it answered is not JSON, or is too large."),
        (say(302, Location="http://127.0.0.1:1/"), "It answered 302."),
    ],
)
def test_answers_that_are_of_no_use(api: httpx.Client, answer: Any, error: str) -> None:
    with Receiver(answer) as receiver:
        door = opened(api, receiver, Take=[{"DataPoint": "Segment", "Path": "$.a"}])
        failed = door.wait_for(door.register()["Journey"]["Id"], "call", "Failed")
    assert failed["Error"] == error
    assert len(receiver.received) == 1


def test_an_answer_that_breaks_off_is_asked_for_again(api: httpx.Client) -> None:
    whole = b'{"a": "Gold"}'

    def break_off(handler: Any, received: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(whole)))
        handler.end_headers()
        handler.wfile.write(whole[:8])
        handler.close_connection = True
        receiver.answer = say(200, whole)

    with Receiver(break_off) as receiver:
        door = opened(api, receiver, Take=[{"DataPoint": "Segment", "Path": "$.a"}])
        journey = door.register()["Journey"]["Id"]
        door.wait_for(journey, "call", "Completed")
        assert {one["Name"]: one["Value"] for one in door.journey(journey)["Data"]}["Segment"] == "Gold"
    assert len({one.headers["idempotency-key"] for one in receiver.received}) == 1


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", r"\u001b[2J", "x" * 20_000])
def test_what_no_person_could_have_typed_is_not_taken(api: httpx.Client, text: str) -> None:
    with Receiver(say(200, f'{{"a": "{text}"}}'.encode())) as receiver:
        door = opened(api, receiver, Take=[{"DataPoint": "Segment", "Path": "$.a"}])
        journey = door.register()["Journey"]["Id"]
        done = door.wait_for(journey, "call", "Completed")
        assert [one["DataPoint"] for one in done["Explanation"]["NotTaken"]] == ["Segment"]
    assert len(receiver.received) == 1


def test_one_that_hangs_holds_up_no_other(api: httpx.Client) -> None:
    def hang(handler: Any, received: Any) -> None:
        time.sleep(12)

    with Receiver(hang) as hanging, Receiver() as well:
        slow = opened(api, hanging, TimeLimit="PT10S")
        quick = opened(api, well)
        for _ in range(15):  # more than one activity gets hands
            slow.register()
        until(lambda: len(hanging.received) >= 3)
        began = time.monotonic()
        quick.wait_for(quick.register()["Journey"]["Id"], "call", "Completed")
        assert time.monotonic() - began < 3


def test_an_address_within_is_not_called(program: Program, api: httpx.Client) -> None:
    door = open_door(api, {"first": stage(call("https://10.0.0.1/x"), form())})
    with worker_paused(program):
        journey = door.register()["Journey"]["Id"]
        planned = "SELECT 1 FROM delivery_activityrun WHERE journey_id = %s"
        until(lambda: relay.step() and rows(program.database_url, planned, journey), 20)
        for run in runs.claim(50):
            if run.journey_id == journey:
                assert not runs.carry_out(run)
        sql = "SELECT last_error FROM delivery_activityrun WHERE journey_id = %s"
        assert "private or local" in rows(program.database_url, sql, journey)[0][0]
    assert len(registry["WebhookCall"].pauses) == 6
