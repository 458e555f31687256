"""One conversation with a mail server (RFC 5321), and those that are kept for the next mail: the transport by SMTP.

Between the recipient that the server accepted and `DATA` stands `hand_over`, which asks the ledger. `DATA` is never
pipelined ahead of it.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from functools import cache
from time import monotonic
from typing import NamedTuple

from aiosmtplib import SMTPException, SMTPResponseException, SMTPServerDisconnected

from rapport.campaigns.servers import Endpoint
from rapport.campaigns.smtp import Client

#: Longest wait for each answer of a server.
STEP_SECONDS = 60.0
#: `DATA` begins within so many seconds after the ledger was asked, or not at all.
BEGIN_SECONDS = 10.0
#: After so long everything that was handed over has ended: asked, `DATA`, the message, its answer, and some to spare.
CONVERSATION_SECONDS = 200
#: A conversation in which nothing was said for so long is asked whether it is still there.
QUIET_SECONDS = 2.0
#: Mails of one conversation; some servers allow no more.
MAILS = 500
_DOTS = re.compile(rb"^\.", re.MULTILINE)


@cache
def own_name() -> str:
    """How we greet; asked once, since it may take a while."""
    return socket.getfqdn()


class Mail(NamedTuple):
    """What is handed over: envelope and bytes."""

    sender: str
    recipient: str
    content: bytes


class Reply(NamedTuple):
    """What the server answered."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.text.split())}"


class RefusedError(Exception):
    """The server refused a step of one mail; it has not taken it."""

    def __init__(self, step: str, reply: Reply) -> None:
        super().__init__(step, reply)
        self.step, self.reply = step, reply


class NotHandedOverError(Exception):
    """The ledger did not let it go, or the moment has passed: nothing was said, the recipient is taken back."""


class UnfitError(Exception):
    """This server cannot be given this mail, say by RFC 6531; nothing was said."""


class BrokenError(Exception):
    """The connection was lost, or an answer did not come; `begun` where the server had asked for the message."""

    def __init__(self, told: str, *, begun: bool) -> None:
        super().__init__(told)
        self.begun = begun


class UnusableError(Exception):
    """The server takes no mail from us at all; `lasting` where waiting does not help."""

    def __init__(self, told: str, *, lasting: bool) -> None:
        super().__init__(told)
        self.lasting = lasting


class Conversation:
    """A connection to a server that is ready for the next mail."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = Client(
            hostname=endpoint.host,
            port=endpoint.port,
            use_tls=endpoint.security == "smtps",
            start_tls=endpoint.security == "smtp+tls",
            timeout=STEP_SECONDS,
            local_hostname=own_name(),
        )
        self.mails = 0
        self._heard = 0.0

    @property
    def usable(self) -> bool:
        """Whether another mail can follow."""
        return self._client.is_connected and self.mails < MAILS

    @property
    def fresh(self) -> bool:
        """Whether the server has said something just now."""
        return monotonic() - self._heard < QUIET_SECONDS

    async def probe(self) -> None:
        """Asks whether the server is still there. Raises `BrokenError`."""
        try:
            await self._say("probe", b"NOOP", 250)
        except RefusedError as fault:
            self.cut()
            raise BrokenError(str(fault.reply), begun=False) from fault

    async def begin(self) -> None:
        """Connects, encrypts, signs in. Raises `UnusableError` with the sentence that the server said."""
        name = self._endpoint.name
        try:
            await self._client.connect()
            if self._client.is_ehlo_or_helo_needed:
                await self._client.ehlo()
            if self._endpoint.user:
                await self._client.login(self._endpoint.user, self._endpoint.password)
        except SMTPResponseException as fault:
            self.cut()
            reply = Reply(fault.code, str(fault.message))
            raise UnusableError(f"{name} answers: {reply}", lasting=500 <= fault.code < 600) from fault
        except (SMTPException, OSError, ValueError) as fault:
            self.cut()
            raise UnusableError(f"{name} cannot be used: {fault}", lasting=False) from fault

    async def deliver(self, mail: Mail, hand_over: Callable[[], Awaitable[float | None]]) -> Reply:
        """Hands one mail over; the server's answer, which is that it has it.

        `hand_over` answers until when `DATA` may begin, by the monotonic clock; None: not at all. Raises
        `RefusedError`, `NotHandedOverError`, `BrokenError`, and before anything is said `UnfitError` and, of a sender
        that the server cannot be told of, `UnusableError`.
        """
        self.mails += 1
        await self._envelope(mail)
        try:
            until = await hand_over()
        except BaseException:  # the server has an envelope open: no other mail may follow it
            self.cut()
            raise
        # The last moment at which nothing has been said; a process that was stopped meanwhile wakes up here.
        if until is None or monotonic() >= until:
            await self._reset()
            raise NotHandedOverError
        await self._say("data", b"DATA", 354)
        protocol = self._client.protocol
        try:
            if protocol is None:
                raise SMTPServerDisconnected("Connection lost")
            protocol.write(_DOTS.sub(b"..", mail.content) + b".\r\n")
            code, text = await protocol.read_response(timeout=STEP_SECONDS)
        except (SMTPException, OSError) as fault:
            self.cut()
            raise BrokenError(str(fault), begun=True) from fault
        reply = Reply(code, text)
        if not 200 <= code < 300:
            raise RefusedError("message", reply)
        return reply

    async def _envelope(self, mail: Mail) -> None:
        options = b""
        if not (mail.sender + mail.recipient).isascii():
            if not self._client.supports_extension("smtputf8"):
                name = self._endpoint.name
                if not mail.sender.isascii():
                    raise UnusableError(f"{name} takes no sender with letters beyond ASCII before the @.", lasting=True)
                raise UnfitError(f"{name} takes no address with letters beyond ASCII before the @.")
            options = b" SMTPUTF8"
        await self._say("mail", b"MAIL FROM:<" + mail.sender.encode() + b">" + options, 250)
        await self._say("rcpt", b"RCPT TO:<" + mail.recipient.encode() + b">", 250, 251, 252)

    async def _say(self, step: str, command: bytes, *good: int) -> None:
        try:
            code, text = await self._client.execute_command(command, timeout=STEP_SECONDS)
        except (SMTPException, OSError) as fault:
            self.cut()
            raise BrokenError(str(fault), begun=False) from fault
        self._heard = monotonic()
        if code not in good:
            if code == 421:
                self.cut()
            elif step != "mail":
                await self._reset()
            raise RefusedError(step, Reply(code, text))

    async def _reset(self) -> None:
        """Takes the envelope back; a conversation in which that fails is over."""
        try:
            code, _ = await self._client.execute_command(b"RSET", timeout=STEP_SECONDS)
        except (SMTPException, OSError):
            code = 0
        if code != 250:
            self.cut()

    def cut(self) -> None:
        """Ends it without a word."""
        self._client.close()

    async def end(self) -> None:
        """Says goodbye."""
        try:
            await asyncio.wait_for(self._client.quit(), 2)
        except (SMTPException, OSError, TimeoutError):
            self.cut()
