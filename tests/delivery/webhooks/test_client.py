"""Calling addresses that somebody else has chosen: where to, and for how long."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest

from kohomai.delivery.webhooks.client import ANSWER_LIMIT, Answer, CallFailed, Client

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def resolver(*answers: Sequence[str]) -> Callable[[str], Awaitable[Sequence[str]]]:
    """Answers the first, then the second question, …; the last answer for ever."""
    left = list(answers)

    async def ask(host: str) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


async def _with(
    handler: Handler, calls: int = 1, time_limit: float = 15.0, path: str = "/"
) -> list[Answer | str]:
    """What calls of a server of ours come to."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Client(LOOPBACK, time_limit=time_limit)
    found: list[Answer | str] = []
    for _ in range(calls):
        try:
            found.append(await client.call(f"http://127.0.0.1:{port}{path}", body=b"{}"))
        except CallFailed as failed:
            found.append(str(failed))
    client.close()
    server.close()
    return found


def called(handler: Handler, calls: int = 1, time_limit: float = 15.0, path: str = "/") -> list[Answer | str]:
    """The same, from a test."""
    return asyncio.run(_with(handler, calls, time_limit, path))


def refused(url: str, *answers: Sequence[str]) -> str:
    """Why a call is refused, with nothing allowed that is not public; it must not connect to anything."""

    async def go() -> str:
        client = Client((), resolve=resolver(*(answers or ([],))), time_limit=2.0)

        async def never(target: object) -> None:
            raise AssertionError(f"it connected to {target}")

        client._connect = never  # type: ignore[method-assign, assignment]
        with pytest.raises(CallFailed) as failed:
            await client.call(url, body=b"{}")
        return str(failed.value)

    return asyncio.run(go())


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
        ),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]"),
        *(
            "[::ffff:127.0.0.1]",
            "[::ffff:a00:1]",
            "[2002:7f00:1::]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "[fc00::1]",
        ),
        *("[ff02::1]", "localhost", "a.localhost", "printer.local", "db.internal", "intranet", "127.0.0.1."),
        *("[fec0::1]", "[2001::1]", "[::7f00:1]"),
    ],
)
def test_addresses_that_are_not_public_are_refused_in_every_notation(host: str) -> None:
    assert "address" in refused(f"https://{host}/hook", ["127.0.0.1"])


@pytest.mark.parametrize(
    "answer",
    [
        *(
            ["127.0.0.1"],
            ["10.1.2.3"],
            ["169.254.169.254"],
            ["::ffff:192.168.0.1"],
            ["fe80::1%eth0"],
            ["fd00::1"],
        ),
        *(["93.184.216.34", "127.0.0.1"], ["2606:4700::1", "::1"], ["64:ff9b::a9fe:a9fe"], ["rubbish"]),
    ],
)
def test_names_that_lead_to_such_are_refused_whole(answer: Sequence[str]) -> None:
    assert "name leads" in refused("https://hook.example.com/", answer)


def test_plain_http_and_credentials_are_refused() -> None:
    assert "https" in refused("http://hook.example.com/", ["93.184.216.34"])
    assert "password" in refused("https://a:b@hook.example.com/", ["93.184.216.34"])


def test_a_name_is_asked_for_once_and_what_was_checked_is_called() -> None:
    """A name that says something else when it is asked again (rebinding) gains nothing by it."""

    async def go() -> list[Sequence[str]]:
        connected: list[Sequence[str]] = []
        client = Client((), resolve=resolver(["93.184.216.34"], ["127.0.0.1"]), time_limit=2.0)

        async def note(target: object) -> None:
            connected.append(target.addresses)  # type: ignore[attr-defined]
            raise ConnectionRefusedError

        client._connect = note  # type: ignore[method-assign, assignment]
        with pytest.raises(CallFailed, match="refused"):
            await client.call("https://rebind.example.com/", body=b"{}")
        with pytest.raises(CallFailed, match="private"):
            await client.call("https://rebind.example.com/", body=b"{}")
        return connected

    assert asyncio.run(go()) == [("93.184.216.34",)]


def test_a_receiver_that_hangs_is_left_after_the_limit() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    began = time.monotonic()
    assert "no answer within" in str(called(hang, time_limit=0.3)[0])
    assert time.monotonic() - began < 2


def test_success_is_success_though_the_rest_hangs() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await asyncio.sleep(30)

    answer = called(half, time_limit=0.5)[0]
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (200, b"abc")


def test_a_reset_is_a_failure() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.transport.abort()

    assert "closed" in str(called(reset)[0])


@pytest.mark.parametrize(
    "garbage", [b"\0\1\2\3 nonsense\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"A" * 90_000]
)
def test_garbage_is_a_failure(garbage: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        await asyncio.sleep(0.2)
        writer.close()

    assert isinstance(called(answer, time_limit=3)[0], str)


def test_of_a_hundred_megabytes_a_few_kilobytes_are_read() -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
        try:
            for _ in range(1600):
                writer.write(b"x" * 65_536)
                await writer.drain()
                written += 65_536
        except ConnectionError:
            pass

    answer = called(flood)[0]
    assert isinstance(answer, Answer)
    assert answer.body == b"x" * ANSWER_LIMIT
    assert written < 20_000_000


def test_a_kept_connection_is_used_again_and_a_closed_one_is_not_missed() -> None:
    connections = 0

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    found = called(twice, calls=6)
    assert [answer.status for answer in found if isinstance(answer, Answer)] == [204] * 6
    assert connections == 3


def asked(handler: Handler, answer_limit: int, time_limit: float) -> Answer:
    """The answer of a call that wants more of it than is kept for a log."""

    async def go() -> Answer:
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        client = Client(LOOPBACK)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await client.call(url, method="GET", time_limit=time_limit, answer_limit=answer_limit)
        client.close()
        server.close()
        return answer

    return asyncio.run(go())


@pytest.mark.parametrize(("size", "whole"), [(100_000, True), (100_001, False)])
def test_a_call_may_want_more_of_the_answer_and_sees_whether_it_has_all(size: int, whole: bool) -> None:
    async def large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await writer.drain()

    answer = asked(large, 100_000, 5.0)
    assert (len(answer.body), answer.whole) == (100_000, whole)


def test_an_answer_that_stops_in_the_middle_is_not_whole() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        writer.close()

    answer = asked(half, 100_000, 5.0)
    assert (answer.body, answer.whole) == (b"abc", False)


def test_an_answer_in_crumbs_takes_little_of_the_time_that_all_calls_share() -> None:
    async def crumbs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 900_000)
        await writer.drain()

    began = time.thread_time()
    answer = asked(crumbs, 1_000_000, 30.0)
    assert (len(answer.body), answer.whole) == (20_001, False)
    assert time.thread_time() - began < 3


def test_an_answer_that_is_wanted_whole_has_all_the_time_there_is() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
        await asyncio.sleep(2.3)
        writer.write(b"def")

    assert asked(slow, 100_000, 4.0).body == b"abcdef"


@pytest.mark.parametrize("line", [b"X-More: " + b"y" * 500 + b"\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
def test_a_head_without_end_is_a_failure(line: bytes) -> None:
    """Headers for ever, or one informational answer after the other."""
    sent = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" if line.startswith(b"X") else b"")
        try:
            while sent < 50_000_000:
                writer.write(line * 100)
                await writer.drain()
                sent += 100 * len(line)
        except ConnectionError:
            pass

    assert called(answer, time_limit=5) == ["What it answered is not HTTP."]
    assert sent < 20_000_000


def test_a_head_that_comes_a_byte_at_a_time_is_left_after_the_limit() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X" * 1_000:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    began = time.monotonic()
    assert called(drip, time_limit=0.5) == ["There was no answer within 0.5 s."]
    assert time.monotonic() - began < 2


def test_what_comes_after_an_answer_is_no_answer_to_the_next() -> None:
    """Two answers at once: the second must not be taken for that to the next call."""

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(
            b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()

    found = called(twice, calls=3, time_limit=3)
    assert [answer.status if isinstance(answer, Answer) else answer for answer in found] == [500, 500, 500]


@pytest.mark.parametrize(
    "path", ["/a\r\nX-Injected: yes", "/a b", "/a\x00b", "/é", "/a\\b", "/\tb", "/a HTTP/1.1\r\n\r\n"]
)
def test_no_address_brings_headers_of_its_own(path: str) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise AssertionError("it was called")

    assert "plain ASCII" in str(called(never, path=path)[0])


def test_an_answers_body_may_end_by_hanging_up() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nold manners")
        await writer.drain()
        writer.close()

    answer = called(close)[0]
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (200, b"old manners")


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:{port}/two", "http://169.254.169.254/latest/meta-data", "//[::1]/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(to: str, status: int) -> None:
    paths = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n{}")
        paths.append(head.split(b" ")[1])
        port = writer.get_extra_info("sockname")[1]
        where = to.format(port=port).encode()
        writer.write(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, where))

    answer = called(elsewhere, path="/one")[0]
    assert isinstance(answer, Answer)
    assert answer.status == status
    assert paths == [b"/one"]


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    assert [answer.status for answer in called(well) if isinstance(answer, Answer)] == [204]


def test_a_kept_connection_is_not_used_when_the_name_has_moved() -> None:
    """What was checked is what is called: also where a connection to the former address still stands."""

    async def go() -> list[str]:
        greeted = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            greeted.append(writer.get_extra_info("sockname")[0])
            while await reader.readuntil(b"\r\n\r\n{}"):
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        other = await asyncio.start_server(serve, "127.0.0.2", port)
        client = Client(LOOPBACK, resolve=resolver(["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]))
        for _ in range(3):
            await client.call(f"http://hook.example.com:{port}/", body=b"{}")
        client.close()
        server.close()
        other.close()
        return greeted

    assert asyncio.run(go()) == ["127.0.0.1", "127.0.0.2"]
