"""The thin HTTP edge of ingest: a request, bounded body reading, replies."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from functools import cache
from itertools import count
from typing import Any

from rapport.groups.rendering import as_json
from rapport.ingest.codings import unpacked
from rapport.ingest.patience import Patience
from rapport.ingest.refusals import Invalidated, Refusal, Unavailable, not_allowed

__all__ = [
    "Headers",
    "Invalidated",
    "Receive",
    "Refusal",
    "Request",
    "Scope",
    "Send",
    "Unavailable",
    "not_allowed",
]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

URL_LIMIT = 32 * 1024
#: How much of a refused request's body is taken in before the answer, and for how long.
DISCARD_LIMIT = 64 * 1024 * 1024
DISCARD_SECONDS = 10
#: How long a body may take to arrive, for each MiB of it that is begun.
BODY_SECONDS = 30.0
_MEBIBYTE = 1024 * 1024
_SLASHES, _RAW_SLASHES = re.compile("//+"), re.compile(b"//+")
_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
_JSON = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")
_numbers = count(1)
_patience = Patience()


@cache
def _process() -> str:
    return os.urandom(8).hex()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _new_request_id() -> str:
    """Unique without a random number per request: 64 random bits per process, and a counter."""
    return f"{_process()}-{next(_numbers):x}"


class Request:
    """One HTTP request: method, normalised path, query, headers, and its body on demand."""

    __slots__ = (
        "_receive",
        "_send",
        "extra",
        "headers",
        "id",
        "method",
        "path",
        "query",
        "scope",
        "size",
        "status",
        "unread",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        if "//" in self.path:
            self.path = _SLASHES.sub("/", self.path)
            scope["raw_path"] = _RAW_SLASHES.sub(b"/", scope.get("raw_path") or self.path.encode())
        self.query: bytes = scope["query_string"]
        #: Lower-case name -> value; the last of repeated headers.
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id")
        sane = given is not None and _SANE_REQUEST_ID.fullmatch(given)
        self.id: str = given.decode() if given and sane else _new_request_id()
        #: Headers that the answer carries whatever it is.
        self.extra: Headers = []
        #: Bytes of the query and of what has been read of the body.
        self.size = len(self.query)
        #: Status of the answer; 0 until there is one.
        self.status = 0
        #: Whether some of the body has not been read.
        self.unread = self.headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.headers

    def check_head(self) -> None:
        """Raises `Refusal` 400 where it is not clear whom and what the request asks for, 501 where not how it is sent.

        A server may put an empty Host in the place of a missing one.
        """
        headers = self.scope["headers"]
        if len(headers) != len(self.headers) and [name for name, _ in headers].count(b"host") > 1:
            raise Refusal(400, "Send one Host header, not several.")
        if not self.headers.get(b"host") and self.scope.get("http_version") == "1.1":
            raise Refusal(400, "HTTP/1.1 needs a Host header.")
        if not self.path.startswith("/"):
            raise Refusal(400, "The URL cannot be read.")
        if b"transfer-encoding" in self.headers and self.joined(b"transfer-encoding").lower() != b"chunked":
            raise Refusal(501, "The Transfer-Encoding must be chunked, or none.")

    def joined(self, name: bytes) -> bytes:
        """The values of all lines of a header as one (RFC 9110 §5.3)."""
        return b", ".join(value.strip() for each, value in self.scope["headers"] if each == name)

    def check_size(self, limit: int) -> None:
        """Raises `Refusal` 414 for a long URL, 413 for what the body declares to be."""
        self.check_url()
        declared = self.headers.get(b"content-length")
        if declared and declared.isdigit() and int(declared) > limit:
            raise Refusal(413, f"The body must not be larger than {limit} bytes.")

    def check_url(self) -> None:
        """Raises `Refusal` 414 for a long URL."""
        if len(self.query) + bool(self.query) + len(self.scope.get("raw_path") or self.path) > URL_LIMIT:
            raise Refusal(414, f"The URL must not be longer than {URL_LIMIT} bytes.")

    async def body(self, limit: int) -> bytes:
        """The whole body, as it was before it was packed.

        Raises `Refusal` 413 beyond `limit` bytes, 415 and 400 for what cannot be unpacked, 400 when the caller hangs
        up, 408 when the body stalls.
        """
        if not self.unread:
            return b""
        _patience.wait(BODY_SECONDS)
        try:
            body = await self._arrived(limit)
        except asyncio.CancelledError:
            if not _patience.end():
                raise
            self.unread = False  # nothing more is waited for
            message = f"The body did not arrive within {BODY_SECONDS:.0f} seconds."
            raise Refusal(408, message, [_CLOSE]) from None
        finally:
            _patience.end()
        if body and b"content-encoding" in self.headers:
            body = unpacked(body, self.joined(b"content-encoding"), limit)
        self.size += len(body)
        return body

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, packed as it is, never whole in memory. Raises `Refusal` 400 and 408 as `body` does."""
        read, until = 0, _now() + BODY_SECONDS
        while self.unread:
            try:
                async with asyncio.timeout_at(until):
                    message = await self._receive()
            except TimeoutError:
                self.unread = False  # nothing more is waited for
                told = f"The body did not arrive within {BODY_SECONDS:.0f} seconds."
                raise Refusal(408, told, [_CLOSE]) from None
            if message["type"] == "http.disconnect":
                raise Refusal(400, "The connection was closed before the whole body had arrived.")
            piece = message.get("body", b"")
            self.unread = bool(message.get("more_body"))
            if (read + len(piece)) // _MEBIBYTE > read // _MEBIBYTE:
                until = _now() + BODY_SECONDS
            read += len(piece)
            yield piece

    async def _arrived(self, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "The connection was closed before the whole body had arrived.")
            part = message.get("body", b"")
            if (size + len(part)) // _MEBIBYTE > size // _MEBIBYTE:
                _patience.wait(BODY_SECONDS)
            size += len(part)
            if size > limit:
                raise Refusal(413, f"The body must not be larger than {limit} bytes.")
            parts.append(part)
            if not message.get("more_body"):
                self.unread = False
                return b"".join(parts)

    @property
    def media_type(self) -> str:
        """The body's media type without parameters, lower case."""
        return self.headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")

    async def reply(self, status: int, body: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Send the answer with its request id; a HEAD gets no body."""
        self.status = status
        all_headers = [
            (b"content-length", str(len(body)).encode()), (b"x-request-id", self.id.encode()), *self.extra, *headers
        ]  # fmt: skip
        await self._send({"type": "http.response.start", "status": status, "headers": all_headers})
        sent = b"" if self.method == "HEAD" else body
        await self._send({"type": "http.response.body", "body": sent})

    async def reply_json(self, status: int, payload: Any, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Send a JSON answer; `payload` may be JSON text already."""
        body = payload if isinstance(payload, bytes) else as_json(payload)
        await self.reply(status, body, [_JSON, *headers])

    async def discard(self) -> None:
        """Take in the rest of the body unseen: a connection closed on a caller who still sends loses the answer."""
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while self.unread and size < DISCARD_LIMIT:
                    message = await self._receive()
                    size += len(message.get("body", b""))
                    self.unread = bool(message.get("more_body"))

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal, after what is left of the body."""
        if self.unread and b"expect" not in self.headers:
            await self.discard()
        await self.reply_json(refusal.status, refusal.payload, refusal.headers)
