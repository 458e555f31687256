"""A client of HTTP/1.1 that costs the machine little: requests stand ready, of answers it reads how long they are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import urlencode


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Client:
    """Keep-alive connections to one address, as many as are used at once."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str]) -> None:
        self._where = host, port
        self._head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": host, **headers}.items())
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> Answer:
        """One request."""
        connection = self._idle.pop() if self._idle else await asyncio.open_connection(*self._where)
        reader, writer = connection
        about = f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self._head}{about}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        answer = Answer(int(head[9:12]), await reader.readexactly(int(length or 0)))
        self._idle.append(connection)
        return answer

    async def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """A form."""
        return await self.send("POST", path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for _, writer in self._idle:
            writer.close()
