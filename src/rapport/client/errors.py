"""What can go wrong with a call.

    RapportError           the call was refused; `str(error)` says why
    ├── Invalid            422: the record, the configuration or a parameter is not right
    ├── Unauthenticated    401: the client id, its secret or the token is not accepted
    ├── Forbidden          403: the app lacks the scope, or may not use this configuration
    ├── RateLimited        429: still over the rate after all retries; nothing was written
    └── Unavailable        the service is away, also after all retries

Any other refusal, such as 413, is a plain `RapportError` with its `status`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .results import Result


class RapportError(Exception):
    """The call was refused."""

    #: What the service answered; None where it did not answer at all.
    status: int | None = None
    #: By which whoever runs the service finds the call.
    request_id: str | None = None


class Invalid(RapportError):
    """The given data was invalid."""

    def __init__(
        self, message: str, errors: Mapping[str, Sequence[str]] | None = None, results: Sequence[Result] = ()
    ) -> None:
        super().__init__(message)
        #: Heading, as `record.Email`, or parameter -> sentences.
        self.errors = dict(errors or {})
        #: Of an atomic batch: what is wrong with which record. Nothing was written.
        self.results = tuple(results)

    def __str__(self) -> str:
        said = [sentence for sentences in self.errors.values() for sentence in sentences]
        return " ".join([super().__str__(), *said])


class Unauthenticated(RapportError):
    """The client id, its secret or the token is not accepted."""


class Forbidden(RapportError):
    """The app lacks the scope, or may not use this configuration."""


class _Later(RapportError):
    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        #: Seconds after which the service wants to be asked again, if it said so.
        self.retry_after = retry_after


class RateLimited(_Later):
    """The app is over its rate."""


class Unavailable(_Later):
    """The service is away, or a fault of the network lasted."""
