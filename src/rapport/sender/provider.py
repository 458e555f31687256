"""Hands mails over by a provider's API: the transport through `django-anymail`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from rapport.campaigns import providers
from rapport.campaigns.servers import Endpoint

from .conversation import BrokenError, Mail, NotHandedOverError, RefusedError, Reply, UnfitError, UnusableError

#: Mails that go at once, and seconds that one is taken to last.
TOGETHER = 10
#: What says that the provider has not taken it and may later.
LATER = (408, 425, 429, 503)


class Provider:
    """One provider with one key."""

    ready, gone, ahead = True, False, 10 * TOGETHER

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._free = asyncio.Semaphore(min(endpoint.connections, TOGETHER))

    async def deliver(self, mail: Mail, hand_over: Callable[[], Awaitable[float | None]]) -> Reply:
        """Hands one mail over; what the provider answered, which is that it has it. Raises as `Transport` says."""
        async with self._free:
            try:
                made = providers.backend(self.endpoint), providers.message(mail.content)
            except (ImportError, KeyError) as fault:
                raise UnusableError(providers.check(self.endpoint) or str(fault), lasting=True) from fault
            except (ArithmeticError, LookupError, TypeError, ValueError) as fault:
                told = f"{self.endpoint.host} cannot be given it: {type(fault).__name__}"
                raise UnfitError(told) from fault
            until = await hand_over()
            if until is None:
                raise NotHandedOverError
            return await asyncio.to_thread(self._post, *made, until)

    def _post(self, backend: Any, message: Any, until: float) -> Reply:
        from anymail.exceptions import AnymailAPIError, AnymailError  # noqa: PLC0415 (an extra)

        if monotonic() >= until:  # the last moment at which nothing has been said
            raise NotHandedOverError
        try:
            backend.send_messages([message])
        except AnymailAPIError as fault:
            raise self._failed(fault) from fault
        except AnymailError as fault:
            raise RefusedError("message", Reply(554, f"{self.endpoint.host}: {_said(fault)}")) from fault
        return Reply(250, f"{self.endpoint.host} has it as {message.anymail_status.message_id}")

    def _failed(self, fault: Any) -> Exception:
        """What became of a mail that was posted without a good answer."""
        status, said = getattr(fault, "status_code", None), f"{self.endpoint.host}: {_said(fault)}"
        if status is None:
            # Only where no connection came about is it certain that nothing was said.
            return BrokenError(said, begun=not _unreached(fault))
        if status in (401, 403):
            return UnusableError(said, lasting=True)
        if status in LATER:
            return RefusedError("message", Reply(451, said))
        if status >= 500:
            return BrokenError(said, begun=True)
        return RefusedError("message", Reply(554, said))

    async def close(self) -> None:
        """Nothing is kept."""


def _unreached(fault: Any) -> bool:
    from requests import ConnectTimeout  # noqa: PLC0415 (likewise)
    from urllib3.exceptions import MaxRetryError, NewConnectionError  # noqa: PLC0415 (likewise)

    cause = fault.__cause__.args[0] if fault.__cause__ is not None and fault.__cause__.args else None
    return isinstance(fault, ConnectTimeout) or (
        isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    )


def _said(fault: Any) -> str:
    """The first line, since what follows may show the request; and what the provider answered."""
    first = str(fault).partition("\n")[0] or type(fault).__name__
    answered = getattr(getattr(fault, "response", None), "text", "")
    return " ".join(f"{first} {answered}".split())[:300]
