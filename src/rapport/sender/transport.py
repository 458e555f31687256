"""What hands mails over: one method. Another way to send is one more file beside `pool.py` and `provider.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from rapport.campaigns.providers import SECURITY
from rapport.campaigns.servers import Endpoint

from .conversation import Mail, Reply
from .pool import Pool
from .provider import Provider


class Transport(Protocol):
    """Everything that a sender asks of a way to send."""

    endpoint: Endpoint

    @property
    def ready(self) -> bool:
        """Whether it may be tried now."""

    @property
    def ahead(self) -> int:
        """How many mails it takes in ten seconds."""

    @property
    def gone(self) -> bool:
        """Whether it has been away for so long that somebody should look."""

    async def deliver(self, mail: Mail, hand_over: Callable[[], Awaitable[float | None]]) -> Reply:
        """Hands one mail over; `hand_over` is asked at the last moment at which nothing has been said.

        It answers until when the mail may begin, by the monotonic clock; None: not at all. Raises `RefusedError`,
        `NotHandedOverError`, `BrokenError`, `UnusableError`, and `UnfitError` where it was not asked.
        """

    async def close(self) -> None:
        """Ends what is kept for the next mail."""


def of(endpoint: Endpoint) -> Transport:
    """The way to an endpoint."""
    return Provider(endpoint) if endpoint.security == SECURITY else Pool(endpoint)
