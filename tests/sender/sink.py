"""A real SMTP server that keeps what it takes, and misbehaves where a test says so."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

#: What a step does: None goes on, a text is the answer in its place, `DROP` ends the connection.
DROP = "DROP"
#: A step (`ehlo`, `mail`, `rcpt`, `data`, `message`) and the recipient -> what is done.
Behaviour = Callable[[str, str], "str | None"]


def good(step: str, recipient: str) -> None:
    """Takes everything."""


class _Server(SMTP):
    """aiosmtpd's own server, asked at each step."""

    sink: Sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.sink.transports.append(cast(asyncio.Transport, transport))
        super().connection_made(transport)

    async def _judged(self, step: str, argument: str) -> bool:
        """Whether something else was done in the step's place."""
        if self.sink.seconds:
            await asyncio.sleep(self.sink.seconds)
        answer = self.sink.behaviour(step, argument)
        if answer == DROP:
            self.transport.abort()
        elif answer is not None:
            await self.push(answer)
        return answer is not None

    @syntax("MAIL FROM: <address>")
    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's)
        if not await self._judged("mail", arg):
            await super().smtp_MAIL(arg)

    @syntax("RCPT TO: <address>")
    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's)
        self.recipient = arg.partition("<")[2].partition(">")[0]
        if not await self._judged("rcpt", self.recipient):
            await super().smtp_RCPT(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (aiosmtpd's)
        self.sink.asked[self.recipient] += 1
        if self.sink.behaviour("begun", self.recipient) == DROP:
            await self.push("354 Go on")
            self.transport.abort()
        elif not await self._judged("data", self.recipient):
            await super().smtp_DATA(arg)


class Sink:
    """A server on a free port for as long as the `with` block lasts."""

    def __init__(self, behaviour: Behaviour = good, seconds: float = 0.0, **options: Any) -> None:
        self.behaviour, self.seconds = behaviour, seconds
        #: Every message that was taken, with its envelope.
        self.taken: list[Envelope] = []
        #: Recipient -> how often `DATA` was asked for.
        self.asked: Counter[str] = Counter()
        #: Of every conversation; aiosmtpd forgets those whose TLS was refused.
        self.transports: list[asyncio.Transport] = []
        self._lock = threading.Lock()
        self._options = options
        self.port = 0

    async def handle_DATA(  # noqa: N802 (aiosmtpd's)
        self, server: _Server, session: Session, envelope: Envelope
    ) -> str:
        """aiosmtpd's hook: the message has come whole."""
        recipient = envelope.rcpt_tos[0]
        answer = self.behaviour("message", recipient)
        if answer == DROP:
            with self._lock:
                self.taken.append(envelope)
            server.transport.abort()
            return "250 nobody hears it"
        if answer is not None:
            return answer
        with self._lock:
            self.taken.append(envelope)
        return "250 2.0.0 taken"

    @property
    def counts(self) -> Counter[str]:
        """Recipient -> how often a message was taken for them."""
        with self._lock:
            return Counter(envelope.rcpt_tos[0] for envelope in self.taken)

    def messages(self) -> list[Any]:
        """What was taken, as the standard library reads it."""
        return [message_from_bytes(bytes(each.original_content or b""), policy=policy.default) for each in self.taken]


@contextmanager
def sink(behaviour: Behaviour = good, seconds: float = 0.0, port: int = 0, **options: Any) -> Iterator[Sink]:
    """A running server."""
    made = Sink(behaviour, seconds)
    server_class = type("Server", (_Server,), {"sink": made})

    class _Controller(Controller):
        def factory(self) -> SMTP:
            return server_class(self.handler, **self.SMTP_kwargs)  # type: ignore[no-any-return]

    controller = _Controller(made, hostname="127.0.0.1", port=port, **options)
    if not port:
        controller.port = _free_port()
    controller.start()
    made.port = controller.port
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(made), controller.loop).result()
        controller.stop()


async def _hang_up(made: Sink) -> None:
    for transport in made.transports:
        transport.abort()
    await asyncio.sleep(0)  # sockets are closed in the loop's next round
    await asyncio.sleep(0)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
