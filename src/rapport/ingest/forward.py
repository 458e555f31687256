"""Every path that ingest does not answer goes to the console's process over a private Unix socket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2

from rapport import credentials
from rapport.ingest import codings
from rapport.ingest.auth import Tokens
from rapport.ingest.http import Refusal, Request, Send
from rapport.ingest.places import Place, Places

#: Headers that belong to one connection (RFC 9110 §7.6.1), or that only we may set.
_OURS = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
     b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id")
)  # fmt: skip
#: What an answer says of the connection, and what the server in front says of itself.
_SET_HERE = _OURS | {b"date"}
#: What a request says of a body that is passed on whole and unpacked.
_OF_BODY = frozenset((b"content-length", b"content-encoding"))
CONNECT_SECONDS = 5.0
#: Largest body for the console. The console has few threads: it gets whole bodies, so that nobody can hold one of them
#: by sending slowly.
BODY_LIMIT = 2_500_000
#: Addresses of files to import, which go on as they come, whatever their size. Each holds a thread of the console
#: meanwhile, so that of all who come to one ingest process only some may send at once (`places`), and only who may send
#: at all: with a token, or from the page of a system.
_FILES = re.compile(r"/api/imports/?|/s/(?P<system>[a-z0-9-]{1,64})/data/imports/new/?")
#: Digits of a length that a database counts.
LENGTH_DIGITS = 18
SCOPE = "imports:write"
_INSUFFICIENT = [(b"www-authenticate", f'Bearer realm="rapport", error="insufficient_scope", scope="{SCOPE}"'.encode())]
#: Bytes that no URL may hold as they are.
_NOT_IN_URL = re.compile(rb"[^\x21-\x7e]|#")
#: A page may take long; an upload may take longer.
ANSWER_SECONDS = 300.0
#: A new connection each time: the console closes an old one after a body that it did not read, or when it ends, and
#: a request on its way there would come back without an answer. On a Unix socket a new one costs next to nothing.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=0)


class Forwarder:
    """Passes requests on and streams the answers back; `proxies` of ours stand before ingest.

    Files are taken from callers whose token `tokens` know, and from pages whose ticket is signed with `secret_key`.
    """

    def __init__(self, socket: Path, tokens: Tokens, *, proxies: int = 0, secret_key: str = "") -> None:
        self._proxies = proxies
        self._tokens = tokens
        self._secret_key = secret_key
        self._places = Places()
        self._client = httpx2.AsyncClient(
            # A file on this machine: no certificate is looked at, which would be read from disk first.
            transport=httpx2.AsyncHTTPTransport(uds=str(socket), limits=_LIMITS, verify=False),
            base_url="http://localhost",  # for HTTP/1.0, which needs no Host
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            # One visitor's cookies are not the next one's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def close(self) -> None:
        """Close the connections to the console."""
        await self._client.aclose()

    async def pass_on(self, request: Request, send: Send) -> None:
        """Have the console answer.

        Raises `Refusal` 400, 408, 411, 413, 414, 415, for files also 401 and 403, and 503 where its process is not
        there or takes no more files.
        """
        if request.method == "POST" and (file := _FILES.fullmatch(request.path)):
            request.check_url()
            system = await self._admit(request, file["system"])
            async with self._places.one(system) as place:
                await self._pass_on(request, send, _pieces(request, place))
        else:
            request.check_size(BODY_LIMIT)
            await self._pass_on(request, send, None)

    async def _admit(self, request: Request, page_of: str | None) -> int:
        """Whose file it is, if it may come at all. Raises `Refusal` 401, 403, 411, 413, 415, `Unavailable`."""
        if page_of is not None:
            tenant = credentials.of_ticket(_ticket(request), self._secret_key, page_of)
            if tenant is None:
                raise Refusal(403, "This upload form is too old; open it anew and choose the file again.")
        else:
            grant = await self._tokens.check(request)
            if SCOPE not in grant.scopes:
                raise Refusal(403, f"The access token lacks the scope {SCOPE}.", _INSUFFICIENT)
            if request.media_type == "multipart/form-data":
                raise Refusal(415, "Send the file itself as the body, without a form.")
            tenant = grant.tenant
        length = request.headers.get(b"content-length", b"")
        if not length.isdigit():
            raise Refusal(411, "Send Content-Length: how many bytes the file has.")
        if len(length) > LENGTH_DIGITS:
            raise Refusal(413, "No file has so many bytes.")
        codings.check(request.joined(b"content-encoding"))
        return tenant

    async def _pass_on(self, request: Request, send: Send, pieces: AsyncIterator[bytes] | None) -> None:
        """Have the console answer a request with a whole body, or with one that goes on in `pieces`."""
        try:
            url = httpx2.URL("http://localhost", raw_path=_target(request))
        except (httpx2.InvalidURL, UnicodeError):
            raise Refusal(400, "The URL cannot be read.") from None
        content = await request.body(BODY_LIMIT) if pieces is None else pieces
        headers = _headers(request, self._proxies)
        if pieces is not None:
            headers.append((b"content-length", request.headers[b"content-length"]))
        outgoing = self._client.build_request(request.method, url, headers=headers, content=content)
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx2.TransportError:
            raise Refusal(503, "The console is not available.", [(b"retry-after", b"1")]) from None
        try:
            await request.discard()
            await _stream(request, answer, send)
        finally:
            await answer.aclose()


async def _pieces(request: Request, place: Place) -> AsyncIterator[bytes]:
    """A file as it comes. Raises `Refusal` 400 for one that does not begin as its Content-Encoding says."""
    packed, begun = codings.check(request.joined(b"content-encoding")), b""
    async for piece in request.pieces():
        place.came(len(piece))
        if packed:
            begun += piece
            if request.unread and len(begun) < len(codings.MAGIC):
                continue
            if not begun.startswith(codings.MAGIC):
                raise Refusal(400, codings.BROKEN)
            packed, piece = False, begun  # noqa: PLW2901 (with what came before it)
        yield piece
    place.whole = True


def _ticket(request: Request) -> str:
    """What a page's form has in its address."""
    return parse_qs(request.query.decode("latin-1")).get("ticket", [""])[-1]


def _target(request: Request) -> bytes:
    """The request's path as it came, and its query."""
    path: bytes = request.scope.get("raw_path") or request.path.encode()
    target = path + b"?" + request.query if request.query else path
    return _NOT_IN_URL.sub(lambda sign: b"%%%02X" % sign[0][0], target)


def _headers(request: Request, proxies: int) -> list[tuple[bytes, bytes]]:
    """What the caller sent, without what belongs to the connection, and who the caller is."""
    headers = [
        pair for pair in request.scope["headers"]
        if pair[0] not in _OURS and pair[0] not in _OF_BODY and pair != (b"host", b"")
    ]  # fmt: skip
    if b"accept-encoding" not in request.headers:
        headers.append((b"accept-encoding", b"identity"))  # else the HTTP client asks for what it can read itself
    peer = request.scope.get("client")
    scheme: str = request.scope.get("scheme", "http")
    return [
        *headers,
        (b"x-request-id", request.id.encode()),
        (b"x-forwarded-proto", _told(request, b"x-forwarded-proto", scheme, proxies).encode("latin-1")),
        (b"x-forwarded-for", _told(request, b"x-forwarded-for", peer[0] if peer else "", proxies).encode("latin-1")),
    ]


def _told(request: Request, header: bytes, seen: str, proxies: int) -> str:
    """What the outermost proxy of ours knows: each adds what it has `seen`, on a line of its own or behind the last.

    Of X-Forwarded-Proto one that finds it there may keep it instead, so that there is less of it.
    """
    if not proxies:
        return seen
    told = [each.strip() for each in request.joined(header).decode("latin-1").split(",") if each.strip()]
    return told[-min(proxies, len(told))] if told else seen


async def _stream(request: Request, answer: Any, send: Send) -> None:
    """Send the console's answer on, piece by piece."""
    request.status = answer.status_code
    headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _SET_HERE]
    headers.append((b"x-request-id", request.id.encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for piece in answer.aiter_raw():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
