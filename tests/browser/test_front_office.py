"""A lead's whole way in a real browser: in by the link, a form, a text to accept, and back to where they came from."""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from tests.support.program import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A site of somebody else's, that leads are sent back to."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>Back</title><h1>Welcome back</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/done?from=kohomai"
    server.shutdown()


@pytest.fixture
def sample(program: Program) -> Iterator[httpx.Client]:
    """The API with the first run's key."""
    headers = {"Authorization": f"Bearer {program.first_run['ApiKey']}"}
    with httpx.Client(base_url=f"{program.base_url}/api/v1/", headers=headers, timeout=30) as client:
        yield client


def register(api: httpx.Client, program: Program, **fields: Any) -> dict[str, Any]:
    """Register a lead on the sample funnel; the answer."""
    body = {
        "Email": f"{secrets.token_hex(6)}@acme.example",
        "Firstname": "Adaeze",
        "Lastname": "Okafor",
        **fields,
    }
    answer = api.post(f"leads?ref={program.first_run['Funnel']['ApiRef']}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def journey_of(api: httpx.Client, lead: dict[str, Any]) -> dict[str, Any]:
    """The journey as it stands."""
    found: dict[str, Any] = api.get(f"journeys/{lead['Journey']['Id']}").json()
    return found


def keep(page: Page, name: str) -> None:
    """Keep a picture, where somebody wants pictures."""
    folder = os.environ.get("TEST_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing serious."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    serious = [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not serious, "\n".join(serious)


def test_from_the_link_to_the_end(page: Page, program: Program, sample: httpx.Client, elsewhere: str) -> None:
    page.set_viewport_size(PHONE)
    lead = register(sample, program, RedirectURL=elsewhere)
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")  # it submitted itself
    page.get_by_role("heading", name="Your needs").wait_for()
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Budget").fill("9,500")
    page.get_by_label("Start date").fill("2027-02-01")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Terms").wait_for()
    page.get_by_role("link", name="Begin").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(elsewhere)
    page.get_by_role("heading", name="Welcome back").wait_for()
    journey = journey_of(sample, lead)
    assert (journey["Status"], journey["Outcome"]) == ("Completed", "Converted")
    data = {each["Name"]: each["Value"] for each in journey["Data"]}
    assert data["Budget"] == {"Amount": 9500, "Currency": "EUR"}
    # The thanks page was passed by, not stood upon: going back does not lead into it again.
    page.go_back()
    assert "/f/thanks" not in page.url


def test_scanners_use_nothing_up(
    page: Page, browser: Browser, program: Program, sample: httpx.Client
) -> None:
    lead = register(sample, program)
    for _ in range(2):
        assert httpx.get(lead["ConnectionURL"]).status_code == 200
        assert httpx.head(lead["ConnectionURL"]).status_code == 200
    # One that renders pages, without leave to run their scripts.
    context = browser.new_context(java_script_enabled=False)
    scanner = context.new_page()
    scanner.goto(lead["ConnectionURL"])
    assert "autologin" in scanner.url
    context.close()
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")


def test_a_used_and_an_expired_link(page: Page, program: Program, sample: httpx.Client) -> None:
    lead = register(sample, program)
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")
    answer = page.goto(lead["ConnectionURL"])
    assert answer is not None
    assert answer.status == 410
    page.get_by_role("heading", name="This link was used before").wait_for()
    page.get_by_role("link", name="Go on").click()  # signed in as the same person still
    page.wait_for_url("**/f/journeys/*")
    session = sample.post("sessions", json={"User": {"Id": lead["Id"]}}).json()
    with psycopg.connect(program.database_url) as database:
        database.execute(
            "UPDATE lead_sessions_link SET valid_until = now() - interval '1 second' WHERE digest = %s",
            [sha256(session["UUID"].encode()).digest()],
        )
    page.context.clear_cookies()
    answer = page.goto(session["ConnectionURL"])
    assert answer is not None
    assert answer.status == 410
    page.get_by_role("heading", name="This link has expired").wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="Send me a fresh link").click()
    page.get_by_role("heading", name="Check your mail").wait_for()
    mail = sample.get("emails", params={"To": lead["Email"]}).json()["Items"][-1]
    code = next(word for word in mail["Text"].split() if word.isdigit() and len(word) == 6)
    assert_accessible(page)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your needs").wait_for()


def test_a_mailed_link_waits_for_its_button(page: Page, program: Program, sample: httpx.Client) -> None:
    lead = register(sample, program)
    page.goto(f"{program.base_url}/f/login")
    assert_accessible(page)
    page.get_by_label("E-mail").fill(lead["Email"])
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Check your mail").wait_for()
    mail = sample.get("emails", params={"To": lead["Email"]}).json()["Items"][-1]
    link = next(word for word in mail["Text"].split() if "autologin?UUID=" in word)
    page.goto(link)
    page.wait_for_timeout(700)
    assert "autologin" in page.url
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/f/journeys/*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_and_accessible(
    browser: Browser, program: Program, sample: httpx.Client, scheme: str
) -> None:
    context = _context(browser, program, color_scheme=scheme, viewport=PHONE, device_scale_factor=2)
    page = context.new_page()
    lead = register(sample, program)
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(247, 247, 245)", "dark": "rgb(14, 14, 15)"}[scheme]
    keep(page, f"home-{scheme}")
    assert_accessible(page)
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").wait_for()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Begin").click()
    assert_accessible(page)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("One answer needs another look").wait_for()
    assert page.evaluate("document.activeElement.hasAttribute('data-summary')")
    keep(page, f"errors-{scheme}")
    assert_accessible(page)
    page.get_by_label("Budget").fill("20000")
    keep(page, f"form-{scheme}")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Begin").click()
    keep(page, f"accept-{scheme}")
    assert_accessible(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("heading", name="It is our turn").wait_for()
    keep(page, f"done-{scheme}")
    assert_accessible(page)
    page.get_by_role("link", name="Your needs").click()
    page.get_by_text("You have done this step.").wait_for()
    keep(page, f"past-{scheme}")
    assert_accessible(page)
    context.close()


def test_one_moment_goes_on_by_itself(page: Page, sample: httpx.Client, elsewhere: str) -> None:
    from tests.api.support import address, definition, make_funnel

    page.set_viewport_size(PHONE)
    document = definition()
    document["Nodes"]["private"]["Next"] = "pause"
    wait = {"Key": "wait", "Type": "Wait", "Name": "Wait", "Assignee": {"Kind": "Automatic"}}
    wait["Settings"] = {"For": "PT4S"}
    note = {
        "Key": "note",
        "Type": "SetData",
        "Name": "Note",
        "Assignee": {"Kind": "Automatic"},
        "After": ["wait"],
    }
    note["Settings"] = {"Values": [{"DataPoint": "My datapoint", "Value": "noted"}]}
    document["Nodes"]["pause"] = {
        "Type": "Stage",
        "Name": "A pause",
        "Next": "won",
        "Activities": [wait, note],
    }
    funnel = make_funnel(sample, document)
    body = {"Email": address("gmail.com"), "RedirectURL": elsewhere}
    page.goto(sample.post(f"leads?ref={funnel.ref}", json=body).json()["ConnectionURL"])
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Interest").fill("Everything")
    page.get_by_role("button", name="Send").click()
    page.get_by_text(re.compile("One moment|The next step opens by itself")).first.wait_for()
    keep(page, "moment")
    assert_accessible(page)
    page.wait_for_url(elsewhere, timeout=20_000)


def test_by_the_keyboard_alone(page: Page, program: Program, sample: httpx.Client) -> None:
    lead = register(sample, program)
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")
    _tab_to(page, "Begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/activities/*")
    _tab_to(page, "Budget")
    page.keyboard.type("50")
    page.keyboard.press("Enter")  # sends the form
    page.get_by_role("heading", name="Terms").wait_for()
    _tab_to(page, "Begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/activities/*")
    _tab_to(page, "I have read this")
    page.keyboard.press("Space")
    _tab_to(page, "Accept")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="That is all, thank you").wait_for()
    _tab_to(page, "Your account")
    page.keyboard.press("Enter")
    _tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are signed out").wait_for()


def test_what_is_typed_is_kept(page: Page, program: Program, sample: httpx.Client) -> None:
    lead = register(sample, program)
    page.goto(lead["ConnectionURL"])
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Budget").fill("123")
    page.get_by_text("Saved").wait_for()
    page.get_by_role("link", name="Back to your steps").click()
    page.get_by_role("link", name="Begin").click()
    assert page.get_by_label("Budget").input_value() == "123"
    page.get_by_role("link", name="Back to your steps").click()
    page.get_by_label("Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('kohomai:')).length") == 0


def test_pressed_twice_is_sent_once(page: Page, program: Program, sample: httpx.Client) -> None:
    lead = register(sample, program)
    page.goto(lead["ConnectionURL"])
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Budget").fill("123")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Send").dblclick()
    page.get_by_role("heading", name="Terms").wait_for()
    assert len(sent) == 1


def test_without_scripts(browser: Browser, program: Program, sample: httpx.Client, elsewhere: str) -> None:
    context = _context(browser, program, java_script_enabled=False)
    page = context.new_page()
    lead = register(sample, program, Email=f"{secrets.token_hex(6)}@gmail.com", RedirectURL=elsewhere)
    page.goto(lead["ConnectionURL"])
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Interest").fill("Everything")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("heading", name="Welcome back").wait_for()
    context.close()


def test_narrow_and_wide_without_scrolling_sideways(
    browser: Browser, program: Program, sample: httpx.Client
) -> None:
    lead = register(sample, program, Firstname="Wolfeschlegelsteinhausenbergerdorff" * 3)
    context = _context(browser, program)
    page = context.new_page()
    page.goto(lead["ConnectionURL"])
    page.wait_for_url("**/f/journeys/*")
    home = page.url
    page.get_by_role("link", name="Begin").click()
    for path in (home, page.url):
        page.goto(path)
        for width in (320, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (path, width, wide)
    context.close()


def _context(browser: Browser, program: Program, **options: Any) -> BrowserContext:
    context = browser.new_context(base_url=program.base_url, **options)
    context.set_default_timeout(10_000)
    return context


def _tab_to(page: Page, name: str, steps: int = 40) -> None:
    """Press Tab until what has the focus is named so, and can be seen to have it."""
    for _ in range(steps):
        page.keyboard.press("Tab")
        named, outlined = page.evaluate(
            """() => {
              const at = document.activeElement;
              const label = at.labels && at.labels[0] ? at.labels[0].innerText : at.innerText;
              const text = at.getAttribute("aria-label") || label || "";
              const ring = getComputedStyle(at).outlineStyle !== "none" || !!at.closest(".c, .tick");
              return [text, ring];
            }"""
        )
        if named.strip().startswith(name):
            assert outlined, f"{name} does not show its focus"
            return
    raise AssertionError(f"{name} cannot be reached by Tab")
