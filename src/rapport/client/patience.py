"""When to try again, and when to give up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

#: Answers that mean: not now. 502 and 504 are a balancer's.
LATER = frozenset((429, 502, 503, 504))
#: What may be different next time. A timeout leaves open whether the record was written; its key says so.
FAULTS = (httpx2.NetworkError, httpx2.TimeoutException, httpx2.RemoteProtocolError, httpx2.ProxyError)

#: Seconds for a connection, and for each part of an answer.
TIMEOUT = httpx2.Timeout(60.0, connect=10.0)

#: An answer, or why there was none.
Answer = httpx2.Response | httpx2.TransportError


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is tried, and how long is waited in between."""

    attempts: int = 5
    #: Seconds before the second attempt; doubled each time.
    first: float = 0.5
    #: Seconds that are waited at most; who is asked for more gives up at once.
    longest: float = 30.0
    #: Whether faults of the network are tried again, or only answers that say so.
    faults: bool = True

    def pause(self, attempt: int, answer: Answer) -> float | None:
        """Seconds to wait after so many attempts; None: give up.

        Many callers are told the same `Retry-After`: something random keeps them from coming all at once.
        """
        wanted = retry_after(answer) or 0.0
        if not self.faults and not isinstance(answer, httpx2.Response):
            return None
        if attempt >= self.attempts or wanted > self.longest:
            return None
        step = min(self.longest, self.first * 2 ** (attempt - 1))
        return min(self.longest, wanted + random.uniform(step / 2, step))  # noqa: S311 (nothing secret)


def retry_after(answer: Answer) -> float | None:
    """Seconds that the answer asks to wait (RFC 9110 §10.2.3: a number, or a date)."""
    told = answer.headers.get("Retry-After", "") if isinstance(answer, httpx2.Response) else ""
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
