"""Connections: plain records go a short way, everything else a long one, and callers see no difference."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from uvicorn import Config

from rapport.ingest.connection import HEAD_SECONDS, IDLE_SECONDS, Connection
from rapport.ingest.server import Server as OneWorker
from tests.edge.wire import heard, request
from tests.ingest.serving import PATIENCE, Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Caller, Look

RECORD = "PUT /records?configuration=contact&record[Email]="


def put(cast: Cast, email: str, *headers: str) -> bytes:
    """A record of Alice's."""
    return request(RECORD + email, f"Authorization: {cast.alice.bearer['Authorization']}", *headers)


def dial(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def ended(line: socket.socket) -> bool:
    """Whether the other end says no more."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:  # it had not read all that we had sent
        return True


def answered(answers: BinaryIO) -> tuple[int, str]:
    """Status and request id of the next answer."""
    status = int(answers.readline().split()[1])
    headers = http.client.parse_headers(answers)
    answers.read(int(headers["content-length"]))
    return status, headers["x-request-id"]


def test_answers_leave_in_the_order_of_their_requests(ingest: Server, cast: Cast) -> None:
    """Some wait for a commit, some for nothing, some are refused; some have a body, and some take the short way."""
    body = b"record[Email]=d@example.com"
    form = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")
    sent = [
        put(cast, "a@example.com", "X-Request-Id: 1"),
        request("GET /healthz", "X-Request-Id: 2"),
        put(cast, "nobody", "X-Request-Id: 3"),
        put(cast, "b@example.com", "X-Request-Id: 4", "Prefer: return=representation"),
        put(cast, "c@example.com", "X-Request-Id: 5"),
        request(RECORD + "x@example.com", "X-Request-Id: 6"),
        put(cast, "d@example.com", "X-Request-Id: 7", *form) + body,
        put(cast, "e@example.com", "X-Request-Id: 8"),
    ] * 5
    with dial(ingest) as line, line.makefile("rb") as answers:
        line.sendall(b"".join(sent))
        told = [answered(answers) for _ in sent]
    statuses = [200, 200, 422, 200, 200, 401, 200, 200]
    assert told == [(status, str(number)) for number, status in enumerate(statuses, 1)] * 5


def test_both_ways_answer_the_same(ingest: Server, alice: Caller, cast: Cast) -> None:
    """An empty Idempotency-Key asks for nothing, and goes the long way."""
    alice.record({"Alias": "x", "Account Name": "Engines"}, "account-alias")
    with dial(ingest) as line:
        for path, status in (
            ("contact&record[Email]=ada@example.com&record[First+Name]=Ada", 200),
            ("contact&record[Email]=", 422),
            ("contact&record[Frist+Name]=Ada&record[Email]=ada@example.com", 200),
            ("nothing&record[Email]=ada@example.com", 422),
            ("contact&record[Email]=ada@example.com&x=1", 200),
            ("contact&record[Email]=%zz", 400),
            ("contact", 422),
        ):
            told = []
            for more in ((), ("Idempotency-Key: ",)):
                sent = request(
                    f"PUT /records?configuration={path}", f"Authorization: {cast.alice.bearer['Authorization']}",
                    "X-Request-Id: same", *more,
                )  # fmt: skip
                line.sendall(sent)
                answer = heard(line, sent)
                headers = sorted(name.lower() for name in answer.headers)
                told.append((answer.status, headers, answer.headers["x-request-id"], answer.body))
            assert told[0] == told[1], path
            assert told[0][0] == status, path


def test_the_history_has_both(ingest: Server, cast: Cast, look: Look) -> None:
    with dial(ingest) as line:
        for sent in (put(cast, "a@example.com"), put(cast, "a@example.com", "Idempotency-Key: ")):
            line.sendall(sent)
            assert heard(line, sent).status == 200
    rows = look(cast.alice, "select outcome, status, sent, actor_type from requests order by id")
    assert [row.pop("outcome") for row in rows] == ["created", "unchanged"]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("more", [("HTTP/1.0",), ("HTTP/1.1", "Connection: close")])
def test_who_wants_no_more_is_let_go(ingest: Server, cast: Cast, more: tuple[str, ...]) -> None:
    version, *headers = more
    with dial(ingest) as line:
        sent = put(cast, "a@example.com", *headers).replace(b"HTTP/1.1", version.encode())
        line.sendall(sent)
        assert heard(line, sent).status == 200
        assert ended(line)


def test_a_head_without_end_gets_431(ingest: Server) -> None:
    """It goes out in one piece, so that it is all there when the answer comes."""
    head = b"".join(b"X-%d: " % number + b"y" * 8_000 + b"\r\n" for number in range(17))
    with dial(ingest) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + head)
        assert line.recv(12) == b"HTTP/1.1 431"


def test_a_caller_who_has_gone_costs_nothing_but_its_record(ingest: Server, cast: Cast, look: Look) -> None:
    body = ("Content-Type: application/json", "Content-Length: 2000")
    for more in (b"", request("GET /healthz"), put(cast, "nobody"), put(cast, "b@example.com", *body), b"nonsense"):
        with dial(ingest) as line:
            line.sendall(put(cast, "a@example.com") + more + more)
    with dial(ingest) as line, line.makefile("rb") as answers:
        line.sendall(put(cast, "a@example.com") + 30 * (put(cast, "nobody") + put(cast, "c@example.com")))
        answered(answers)
    until(lambda: look(cast.alice, "select from contacts"), "the record is written")


def test_a_worker_that_is_killed_is_started_again(database: Database, tmp_path: Path, cast: Cast) -> None:
    with serving(database, tmp_path, workers=2) as server:
        for _ in range(3):
            gone = server.workers()[0]
            os.kill(gone, signal.SIGKILL)
            until(lambda gone=gone: len(server.workers()) == 2 and gone not in server.workers(), "there are two")
        until(lambda: server.status("/readyz") == 200, "they answer")


# One connection, without a server.


class Line(asyncio.Transport):
    """Keeps what is written; nobody reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.closed, self.reading = b"", False, True

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def healthy(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def connected() -> tuple[Connection, Line, OneWorker]:
    config = Config(healthy, http=Connection, ws="none", lifespan="off", log_config=None, date_header=False)
    config.load()
    worker, line = OneWorker(config), Line()
    made = Connection(config=config, server_state=worker.server_state, app_state={}, _loop=asyncio.get_running_loop())
    made.connection_made(line)
    return made, line, worker


def run(test: Callable[[], Any]) -> None:
    asyncio.run(test())


@pytest.mark.parametrize(
    ("sent", "seconds", "told"),
    [
        (b"", HEAD_SECONDS, b""),
        (b"GET / HTTP/1.1\r\nHo", HEAD_SECONDS, b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\n\r\n", IDLE_SECONDS, b"HTTP/1.1 200 "),
        (b"GET / HTTP/1.1\r\n\r\nGET /", HEAD_SECONDS, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 408 "),
    ],
)
def test_who_sends_no_head_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, sent: bytes, seconds: float, told: bytes
) -> None:
    async def test() -> None:
        made, line, worker = connected()
        loop = asyncio.get_running_loop()
        now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: now + late)
        late = 0.0
        made.data_received(sent)
        for _ in range(5):
            await asyncio.sleep(0)
        for late in (seconds - 1, seconds + 1):
            await worker.on_tick(0)
            assert line.closed == (late > seconds)
        assert line.written.startswith(told)
        assert bool(line.written) == bool(told)

    run(test)


def test_time_for_a_head_does_not_begin_again_with_each_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        made, line, worker = connected()
        loop = asyncio.get_running_loop()
        began, late = loop.time(), 0.0
        monkeypatch.setattr(loop, "time", lambda: began + late)
        for sign in b"GET / HTTP/1.1\r\nX: " + b"y" * 20:
            made.data_received(bytes([sign]))
            late += 1.0
        assert late > HEAD_SECONDS
        await worker.on_tick(0)
        assert line.closed

    run(test)


def test_who_does_not_read_is_not_read_from(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        made, line, _ = connected()
        made.pause_writing()
        assert not line.reading
        made.data_received(b"GET / HTTP/1.1\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0)
        assert (line.written, line.reading) == (b"", False)
        made.resume_writing()
        for _ in range(5):
            await asyncio.sleep(0)
        assert line.reading
        assert line.written.startswith(b"HTTP/1.1 200 ")

    run(test)


def test_behind_an_answer_that_is_due_nothing_is_refused_out_of_turn() -> None:
    async def test() -> None:
        made, line, _ = connected()
        made.data_received(b"GET / HTTP/1.1\r\n\r\nnonsense\r\n\r\n")
        assert (line.written, line.closed) == (b"", True)

    run(test)
