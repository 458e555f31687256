"""What goes to the console's process and what comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

from rapport import credentials
from rapport.ingest import codings, forward, http, places
from rapport.ingest.auth import Grant
from rapport.ingest.forward import Forwarder
from rapport.ingest.http import Refusal, Request
from rapport.ingest.places import Place

MAY = (b"authorization", b"Bearer imports:write")
ANSWER = b"HTTP/1.1 200 OK\r\nSet-Cookie: sessionid=ALICE\r\nContent-Length: 2\r\n\r\nok"


KEY, KEYS = "k" * 48, "n" * 48 + " " + "k" * 48


class Tokens:
    """Knows what three callers may."""

    async def check(self, request: Request) -> Grant:
        """The grant of a header."""
        header = request.headers.get(b"authorization", b"")
        if not header.startswith(b"Bearer "):
            raise Refusal(401, "Unauthenticated.")
        return Grant(1, None, frozenset([header.removeprefix(b"Bearer ").decode()]), None)


def forwarder_on(socket: Path, proxies: int = 0) -> Forwarder:
    """One that knows these tokens and keys."""
    return Forwarder(socket, cast("Any", Tokens()), proxies=proxies, secret_key=KEYS)


def forwarded(tmp_path: Path, *scopes: dict[str, Any], body: tuple[bytes, ...] = (), proxies: int = 0) -> list[bytes]:
    """What a console on a Unix socket gets to see, request by request."""
    seen: list[bytes] = []

    async def console(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next((int(line[15:]) for line in head.lower().splitlines() if line[:15] == b"content-length:"), 0)
            seen.append(head + await reader.readexactly(length))
            writer.write(ANSWER)
            await writer.drain()

    async def pass_all() -> None:
        socket = tmp_path / "console"
        forwarder = forwarder_on(socket, proxies)
        async with await asyncio.start_unix_server(console, socket):
            for scope in scopes:
                parts = [*body]

                async def receive(parts: list[bytes] = parts) -> dict[str, Any]:
                    return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

                async def send(message: Any) -> None:
                    assert message.get("status", 200) == 200

                await forwarder.pass_on(Request(scope, receive, send), send)
            await forwarder.close()

    asyncio.run(pass_all())
    return seen


def scope(method: str = "GET", path: bytes = b"/", query: bytes = b"", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    told = {"method": method, "path": path.decode("latin-1"), "raw_path": path, "query_string": query}
    return told | {"type": "http", "headers": [(b"host", b"x"), *headers], "scheme": "http", "client": ("::1", 1)}


def test_one_visitors_cookie_is_not_sent_for_the_next(tmp_path: Path) -> None:
    seen = forwarded(tmp_path, scope(), scope(), scope("GET", b"/", b"", (b"cookie", b"own=1")))
    assert [b"ALICE" in head for head in seen] == [False, False, False]
    assert b"own=1" in seen[2]


def test_a_body_without_a_length_arrives_with_one(tmp_path: Path) -> None:
    chunked = scope("POST", b"/oauth2/token", b"", (b"transfer-encoding", b"chunked"))
    [seen] = forwarded(tmp_path, chunked, body=(b"grant_type=", b"x"))
    assert seen.endswith(b"\r\n\r\ngrant_type=x")
    assert b"content-length: 12" in seen.lower()


def test_raw_bytes_in_the_url_are_encoded(tmp_path: Path) -> None:
    [seen] = forwarded(tmp_path, scope("GET", b"/api/contacts", "name=é#".encode()))
    assert seen.startswith(b"GET /api/contacts?name=%C3%A9%23 HTTP/1.1")


@pytest.mark.parametrize(("path", "query", "status"), [(b"*", b"", 400), (b"/", b"x" * 40_000, 414)])
def test_urls_that_cannot_be_passed_on(tmp_path: Path, path: bytes, query: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        forwarded(tmp_path, scope("OPTIONS", path, query))
    assert refused.value.status == status


async def stalled(*_: Any) -> Any:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_body_that_does_not_come_never_reaches_the_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console has few threads: whoever could hold one of them by sending slowly could hold all."""
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    slow = scope("POST", b"/oauth2/token", b"", (b"content-length", b"1000"))
    with pytest.raises(Refusal) as refused:
        asyncio.run(forwarder_on(tmp_path / "nobody").pass_on(Request(slow, stalled, stalled), stalled))
    assert refused.value.status == 408


def test_a_body_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    large = scope("POST", b"/sign-in", b"", (b"content-length", str(forward.BODY_LIMIT + 1).encode()))
    with pytest.raises(Refusal) as refused:
        forwarded(tmp_path, large)
    assert refused.value.status == 413


@pytest.mark.parametrize(
    ("proxies", "told", "caller"),
    [
        (0, [], b"::1"), (0, [b"10.9.9.9"], b"::1"), (1, [b"203.0.113.7"], b"203.0.113.7"), (1, [], b"::1"),
        (1, [b"6.6.6.6, 203.0.113.7"], b"203.0.113.7"), (2, [b"6.6.6.6, 203.0.113.7, 10.0.0.2"], b"203.0.113.7"),
        (2, [b"6.6.6.6, 203.0.113.7", b"10.0.0.2"], b"203.0.113.7"), (1, [b"6.6.6.6", b"203.0.113.7"], b"203.0.113.7"),
        (2, [b"6.6.6.6", b"203.0.113.7", b" 10.0.0.2,"], b"203.0.113.7"), (2, [b"10.0.0.2"], b"10.0.0.2"),
    ],
)  # fmt: skip
def test_the_caller_is_whom_the_proxies_of_ours_have_heard(
    tmp_path: Path, proxies: int, told: list[bytes], caller: bytes
) -> None:
    headers = [(b"x-forwarded-for", line) for line in told]
    [seen] = forwarded(tmp_path, scope("GET", b"/", b"", *headers), proxies=proxies)
    assert [line for line in seen.splitlines() if line.lower().startswith(b"x-forwarded-for")] == [
        b"x-forwarded-for: " + caller
    ]


@pytest.mark.parametrize(
    ("proxies", "told", "scheme"),
    [
        (0, [b"https"], b"http"), (1, [], b"http"), (1, [b"https"], b"https"), (1, [b"https, http"], b"http"),
        (2, [b"https"], b"https"), (2, [b"https, http"], b"https"), (2, [b"https", b"http"], b"https"),
        (2, [b"https, http, http"], b"http"),
    ],
)  # fmt: skip
def test_tls_is_what_the_outermost_proxy_of_ours_says(
    tmp_path: Path, proxies: int, told: list[bytes], scheme: bytes
) -> None:
    headers = [(b"x-forwarded-proto", line) for line in told]
    [seen] = forwarded(tmp_path, scope("GET", b"/", b"", *headers), proxies=proxies)
    assert [line for line in seen.splitlines() if line.lower().startswith(b"x-forwarded-proto")] == [
        b"x-forwarded-proto: " + scheme
    ]


def test_a_file_goes_on_as_it_comes_whatever_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "BODY_LIMIT", 10)
    file = scope(
        "POST", b"/api/imports", b"configuration=x", MAY, (b"content-length", b"30"), (b"content-encoding", b"gzip")
    )
    [seen] = forwarded(tmp_path, file, body=(b"\x1f", b"\x8b" + b"1" * 8, b"2" * 10, b"3" * 10))
    assert seen.endswith(b"\r\n\r\n\x1f\x8b" + b"1" * 8 + b"2" * 10 + b"3" * 10)
    assert b"transfer-encoding" not in seen.lower()


def refusal(tmp_path: Path, *scopes: dict[str, Any]) -> Refusal:
    """What a request is answered with before any of its body is read."""
    with pytest.raises(Refusal) as refused:
        asyncio.run(forwarder_on(tmp_path / "nobody").pass_on(Request(scopes[0], stalled, stalled), stalled))
    return refused.value


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ([], 401, "Unauthenticated."),
        ([(b"authorization", b"Bearer records:write")], 403, "The access token lacks the scope imports:write."),
        ([MAY, (b"content-length", b"9" * 19)], 413, "No file has so many bytes."),
        (
            [MAY, (b"content-length", b"9"), (b"content-type", b"multipart/form-data; boundary=x")],
            415,
            "Send the file itself as the body, without a form.",
        ),
        ([MAY, (b"transfer-encoding", b"chunked")], 411, "Send Content-Length: how many bytes the file has."),
        ([MAY, (b"content-length", "²".encode("latin-1"))], 411, "Send Content-Length: how many bytes the file has."),
        (
            [MAY, (b"content-length", b"9"), (b"content-encoding", b"br")],
            415,
            "The Content-Encoding br is unknown; send gzip, or the body as it is.",
        ),
    ],
)
def test_a_file_has_no_place_before_it_may_come(
    tmp_path: Path, headers: list[tuple[bytes, bytes]], status: int, message: str
) -> None:
    for path in (b"/api/imports", b"/api/imports/"):
        told = refusal(tmp_path, scope("POST", path, b"", *headers))
        assert (told.status, str(told)) == (status, message)


def test_a_page_sends_files_with_the_ticket_of_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, length = b"/s/demo/data/imports/new", (b"content-length", b"1")
    for own in (credentials.ticket(KEY, "demo", 2), credentials.ticket(KEYS, "demo", 2)):
        [seen] = forwarded(tmp_path, scope("POST", path, b"ticket=" + own.encode(), length), body=(b"x",))
        assert seen.endswith(b"x")
    wrong = [credentials.ticket("o" * 48, "demo", 2), credentials.ticket(KEY, "other", 2), "", "1.x", own[:-1]]
    for text in [*wrong, "9" + own, own.replace(".2.", ".3."), "٣.x", own + "é"]:
        assert refusal(tmp_path, scope("POST", path, b"ticket=" + text.encode(), length)).status == 403
    monkeypatch.setattr(credentials, "TICKET_SECONDS", -1)
    old = credentials.ticket(KEY, "demo", 2)
    told = refusal(tmp_path, scope("POST", path, b"ticket=" + old.encode(), length))
    assert str(told) == "This upload form is too old; open it anew and choose the file again."


@pytest.mark.parametrize(
    ("body", "status"),
    [((b"E", b"mail\na@b"), 400), ((b"E",), 400), ((b"\x1f", b"\x8b\x08"), None), ((b"\x1f\x8b\x08",), None)],
)
def test_what_is_no_gzip_is_refused_as_it_comes(body: tuple[bytes, ...], status: int | None) -> None:
    parts = [*body]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def read() -> bytes:
        head = scope("POST", b"/api/imports", b"", MAY, (b"content-length", b"9"), (b"content-encoding", b"gzip"))
        pieces = forward._pieces(Request(head, receive, stalled), Place("system"))
        return b"".join([piece async for piece in pieces])

    if status is None:
        assert asyncio.run(read()) == b"".join(body)
        return
    with pytest.raises(Refusal) as refused:
        asyncio.run(read())
    assert (refused.value.status, str(refused.value)) == (status, codings.BROKEN)


def receiving_nine(ended: list[bytes]) -> Any:
    """A console that keeps what came of each body of nine bytes."""

    async def console(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            ended.append(await reader.readexactly(9))
            writer.write(ANSWER)
        except asyncio.IncompleteReadError as fault:
            ended.append(fault.partial)
        writer.close()
        await writer.wait_closed()

    return console


def test_a_file_that_trickles_is_given_up_for_one_that_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own caller is told, the console sees that it was cut off, and the other one comes through."""
    monkeypatch.setattr(places, "TRICKLES", (0.0, 1024 * 1024))
    monkeypatch.setattr(places, "FILES_AT_ONCE", 1)
    ended: list[bytes] = []
    nine = (b"content-length", b"9")
    file = scope("POST", b"/api/imports", b"", MAY, nine)
    form = scope("POST", b"/s/demo/data/imports/new", b"ticket=" + credentials.ticket(KEY, "demo", 2).encode(), nine)

    async def pass_both() -> None:
        forwarder, begun = forwarder_on(tmp_path / "console"), asyncio.Event()

        async def trickling() -> dict[str, Any]:
            if begun.is_set():
                await stalled()
            begun.set()
            return {"type": "http.request", "body": b"Email", "more_body": True}

        async def whole() -> dict[str, Any]:
            return {"type": "http.request", "body": b"Email\na@b", "more_body": False}

        send: Any = AsyncMock()
        async with await asyncio.start_unix_server(receiving_nine(ended), tmp_path / "console"):
            slow = asyncio.create_task(forwarder.pass_on(Request(file, trickling, send), send))
            await begun.wait()
            await forwarder.pass_on(Request(form, whole, send), send)
            with pytest.raises(Refusal, match="Others wait to send files"):
                await slow
            await forwarder.close()

    asyncio.run(pass_both())
    assert max(ended) == b"Email\na@b"


def test_pages_and_the_api_of_one_system_share_its_place(tmp_path: Path) -> None:
    one = (b"content-length", b"1")
    tickets = [credentials.ticket(KEY, name, id) for name, id in (("demo", 1), ("other", 2))]
    forms = [scope("POST", b"/s/x/data/imports/new", f"ticket={each}".encode(), one) for each in tickets]
    forwarder = forwarder_on(tmp_path / "console")

    async def admitted(told: dict[str, Any], page_of: str | None) -> int:
        return await forwarder._admit(Request(told, stalled, stalled), page_of)

    file = scope("POST", b"/api/imports", b"", MAY, one)
    asked = ((file, None), (forms[0], "demo"), (forms[1], "other"))
    assert [asyncio.run(admitted(*each)) for each in asked] == [1, 1, 2]


def test_a_file_that_stalls_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    slow = Request(scope("POST", b"/api/imports", b"", (b"content-length", b"1000")), stalled, stalled)

    async def read() -> None:
        async for _ in slow.pieces():
            pass

    with pytest.raises(Refusal) as refused:
        asyncio.run(read())
    assert refused.value.status == 408
