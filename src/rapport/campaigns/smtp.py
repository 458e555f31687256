"""aiosmtplib's client, whose connection is gone when it is closed."""

from __future__ import annotations

from asyncio import WriteTransport
from typing import cast

from aiosmtplib import SMTP


class Client(SMTP):
    """A connection to a mail server."""

    def close(self) -> None:
        """Waits for no goodbye of TLS: a server may owe it for ever, and the socket would stay open meanwhile."""
        if self.transport is not None:
            cast(WriteTransport, self.transport).abort()
        super().close()
