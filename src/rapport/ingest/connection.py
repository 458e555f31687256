"""A connection: uvicorn's, with the limits of our documentation and a short way for the plainest records.

A record that came in the address alone, whose token and configuration are known, and in which there is no fault so far,
goes to the writer at once and is answered straight from its commit: without a task, a future and two messages for each
request, which was an eighth of all that a changed contact cost. Whatever else comes takes the long way, and what the
commit refuses is told in the same words there.
"""

from __future__ import annotations

import asyncio
import re
from time import perf_counter
from typing import Any
from urllib.parse import unquote_to_bytes

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from rapport.groups.submission import Result
from rapport.ingest.app import application
from rapport.ingest.http import URL_LIMIT, Request

#: A 32 KiB address and as much again of headers and escapes.
HEAD_LIMIT = 128 * 1024
#: For the head of a request, once it has begun; and for the next one on a connection that is kept.
HEAD_SECONDS, IDLE_SECONDS = 30.0, 90.0
#: For one more request, once we are told to stop.
LAST_SECONDS = 1.0
#: What a parser of addresses takes at most; the application says what is wrong with those beyond its own limit.
_ADDRESS_LIMIT = 65_535
#: Not in an address (RFC 3986), though the parser lets them pass.
_STRANGE = re.compile(rb'["<>]')
#: Typed into cURL and sent as it is, in UTF-8; the parser takes it in percent-encoding only.
_RAW = re.compile(rb"[\x80-\xff]")
#: An empty line, which may have begun in what came before: the end of a head, and of a body in chunks.
_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")


class Connection(HttpToolsProtocol):
    """What one caller sends, request by request; answers leave in their order."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        #: Whether a head is under way, and the bytes of it that were read.
        self._beginning, self._head = False, 0
        #: Whether the next byte belongs to a request line or to none yet, and the bytes of the body that were read.
        self._in_line, self._body = True, 0
        #: Whether its request line held raw bytes.
        self._raw = False
        #: The request whose turn it is; `cycle` is the newest.
        self._turn: RequestResponseCycle | None = None
        #: Whether we are told to stop: the next answer is the last.
        self._ending = False
        #: When the caller must have sent a head, by the loop's clock; None while one is answered.
        self.due: float | None = self.loop.time() + HEAD_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has gone: nobody hears what is answered, and what waits for its turn is not begun."""
        super().connection_lost(exc)
        self.pipeline.clear()
        if self._turn is not None and not self._turn.response_complete:
            self._turn.disconnected = True
            self._turn.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Read on; the time for a head begins with its first byte."""
        headers = self.headers
        self._feed(data)
        if not self._beginning or self.transport.is_closing():
            return
        if self.headers is headers:
            self._head += len(data)
        else:  # it began amid them
            lines = sum(len(name) + len(value) for name, value in self.headers)
            self._head = len(self.url) + lines + len(data) - data.rfind(b"\n")
        if self._head > HEAD_LIMIT:
            self._refuse(431 if len(self.url) <= URL_LIMIT else 414)
        elif self.due is None:
            self.due = self.loop.time() + HEAD_SECONDS

    def _feed(self, data: bytes) -> None:
        """Have all of it parsed: at once up to its last line, unless a request line in it may hold raw UTF-8."""
        plain = data.isascii()
        while data and not self.transport.is_closing():
            end = (data.rfind(b"\n") + 1 if plain else self._end(data)) or len(data)
            piece, data = data[:end], data[end:]
            if self._in_line and not plain:
                piece, found = _RAW.subn(lambda byte: b"%%%02X" % byte[0][0], piece)
                self._raw = self._raw or found > 0
            super().data_received(piece)
            if self._beginning and piece.endswith(b"\n"):
                self._in_line = False

    def _end(self, data: bytes) -> int:
        """Where in `data` a request line ends that has begun, or else the next may begin; 0 for nowhere."""
        if self._in_line:
            return data.find(b"\n") + 1
        length = None if self._beginning else dict(self.headers).get(b"content-length")
        if length is not None:
            return max(int(length) - self._body, 0)
        found = _EMPTY_LINE.search(data)
        return found.end() if found else 0

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._beginning, self._head = True, 0
        if self.cycle is not None:
            self.due = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """White space around a value is no part of it (RFC 9110 §5.5); the parser leaves what stands behind it."""
        super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """The head is there. Raises `HttpParserError`, which refuses the request."""
        self._beginning, self.due = False, None
        self._in_line, self._body = False, 0
        if _STRANGE.search(self.url) or (self._raw and not _is_utf_8(self.url)):
            raise HttpParserError
        self._raw = False
        self.url = self.url[:_ADDRESS_LIMIT]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What comes next is a request line."""
        self._in_line = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read."""
        self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Refuse without a word, and end; where another answer is due first, the line just ends."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or self._is_read(cycle):
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            if cycle is not None:
                cycle.disconnected = True
        self.transport.close()

    def _is_read(self, cycle: RequestResponseCycle) -> bool:
        """Whether what came is the body of the request whose turn it is, which nobody has answered."""
        return cycle is self._turn and cycle.more_body and not cycle.response_started

    def pause_writing(self) -> None:
        """The caller does not read: no more of its requests are taken."""
        super().pause_writing()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """The caller reads again."""
        super().resume_writing()
        if not self.pipeline:
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile, or wait for it; no timer of its own for each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if not self.flow.write_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.due = self.loop.time() + (HEAD_SECONDS if self._beginning else IDLE_SECONDS)

    def shutdown(self) -> None:
        """We are told to stop: the answer under way, or the next one, says that it is the last.

        A caller who keeps its connection and is just sending would otherwise find it closed under its request.
        """
        self._ending = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(LAST_SECONDS, self._leave)
        else:
            self.cycle.keep_alive = False

    def _leave(self) -> None:
        """Nothing more came."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def expire(self) -> None:
        """Nothing came in time."""
        if self._beginning:
            self._refuse(408)
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A request's turn has come: the short way, else the long one."""
        self._turn = cycle
        if self._ending:
            cycle.keep_alive = False
        if app is not application or not Waiting(self, cycle).starts():
            super()._start_asgi_task(cycle, app)


def _is_utf_8(url: bytes) -> bool:
    try:
        unquote_to_bytes(url).decode()
    except UnicodeDecodeError:
        return False
    return True


class Waiting:
    """A record on the short way, waiting for its commit as a future would."""

    __slots__ = ("_connection", "_cycle", "_request", "_started", "_submission")

    def __init__(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        self._connection = connection
        self._cycle = cycle

    def starts(self) -> bool:
        """Whether it can go the short way; then it has gone."""
        cycle = self._cycle
        if cycle.scope["path"] != "/records" or not cycle.keep_alive:
            return False
        self._started = perf_counter()
        told: Any = (cycle.scope, cycle.receive, cycle.send)  # uvicorn's types of them are its own
        self._request = Request(*told)
        found = application.plain(self._request)
        if found is None:
            return False
        tenant, self._submission = found
        self._submission.waiter = self
        return application.enqueue(tenant, self._submission)

    def done(self) -> bool:
        """Whether it is answered; nobody gives up waiting."""
        return self._cycle.response_started

    def set_result(self, result: Result) -> None:
        """Answer."""
        self._submission.waiter = None  # no cycle is left to the collector
        if result.status == 200:
            self._acknowledge()
        else:
            self._tell(result)

    def set_exception(self, fault: Exception) -> None:
        """Say why nothing was written."""
        self._tell(fault)

    def _tell(self, outcome: Result | Exception) -> None:
        work = application.tell(self._request, self._submission, outcome, self._started)
        self._connection.tasks.add(task := asyncio.get_running_loop().create_task(work))
        task.add_done_callback(self._connection.tasks.discard)

    def _acknowledge(self) -> None:
        cycle, connection, request = self._cycle, self._connection, self._request
        request.status = 200
        cycle.response_started = cycle.response_complete = True
        if not cycle.disconnected and not connection.transport.is_closing():
            lines = [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-request-id: ", request.id.encode(), b"\r\n"]
            for name, value in connection.server_state.default_headers:
                lines += name, b": ", value, b"\r\n"
            if not cycle.keep_alive:  # told to end meanwhile
                lines.append(b"connection: close\r\n")
            connection.transport.write(b"".join((*lines, b"\r\n")))
            if not cycle.keep_alive:
                connection.transport.close()
            connection.on_response_complete()
        application.answered(request, perf_counter() - self._started)
