"""A service that answers as it is told, and a caller who is one of the two clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx2

from rapport.client import AsyncClient, Client, Patience

RECEIPT = {"record": "r-1", "outcome": "created", "objects": [], "ignored": [], "warnings": []}


class Script:
    """Hands out tokens, and answers everything else with what was told, one after the other; the last one stays."""

    def __init__(self) -> None:
        self.answers: list[Any] = [RECEIPT]
        #: What tokens are answered with meanwhile, if not with a token.
        self.doors: list[Any] = []
        self.requests: list[httpx2.Request] = []
        self.tokens: list[dict[str, list[str]]] = []
        self.lifetime = 3600
        #: Called before each token is handed out.
        self.gate: Callable[[], object] = bool

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/oauth2/token":
            self.gate()
            self.tokens.append(parse_qs(request.content.decode()))
            if self.doors:
                return _answer(self.doors.pop(0))
            return _answer({"access_token": f"token-{len(self.tokens)}", "expires_in": self.lifetime})
        self.requests.append(request)
        return _answer(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    @property
    def bearers(self) -> list[str]:
        """The token of each request."""
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.requests]

    @property
    def keys(self) -> list[str]:
        """The idempotency key of each request."""
        return [request.headers["Idempotency-Key"] for request in self.requests]

    def body(self) -> Any:
        """What the last request sent."""
        return json.loads(self.requests[-1].content)


def refused(status: int, told: Any = None, **headers: str) -> httpx2.Response:
    """An answer with another status than 200."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json={"message": "No."} if told is None else told, headers=named)


def _answer(told: Any) -> httpx2.Response:
    if isinstance(told, Exception):
        raise told
    if isinstance(told, httpx2.Response):
        return httpx2.Response(told.status_code, content=told.content, headers=told.headers)
    return httpx2.Response(200, json=told, headers={"X-Request-Id": "r-1"})


class Caller:
    """Calls a client's methods and returns all that they find; it never waits between two attempts."""

    def __init__(self, kind: str, script: Script, **options: Any) -> None:
        options = {"patience": Patience(first=0)} | options

        async def awaited(request: httpx2.Request) -> httpx2.Response:
            await asyncio.sleep(0)  # others may come in between, as on a network
            return script(request)

        self._runner = asyncio.Runner()
        who = ("http://127.0.0.1:8000/", "rc_1", "rs_1")
        self.client: Any = (
            Client(*who, http=httpx2.Client(transport=httpx2.MockTransport(script)), **options)
            if kind == "Client"
            else AsyncClient(*who, http=httpx2.AsyncClient(transport=httpx2.MockTransport(awaited)), **options)
        )

    def __call__(self, method: str, *given: Any, **named: Any) -> Any:
        found = getattr(self.client, method)(*given, **named)
        if isinstance(found, Iterator):
            return list(found)
        return self._runner.run(_awaited(found)) if isinstance(self.client, AsyncClient) else found

    def together(self, count: int, method: str, *given: Any) -> None:
        """The same call several times at once; for the client that awaits."""

        async def all_of_them() -> None:
            await asyncio.gather(*(getattr(self.client, method)(*given) for _ in range(count)))

        self._runner.run(all_of_them())

    def close(self) -> None:
        """Close the client."""
        closing = self.client.close()
        if closing is not None:
            self._runner.run(_awaited(closing))
        self._runner.close()


async def _awaited(found: Any) -> Any:
    return [each async for each in found] if hasattr(found, "__aiter__") else await found
