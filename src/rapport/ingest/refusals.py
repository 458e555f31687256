"""Answers other than the one hoped for; the doors raise them, `app.py` sends them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Refusal(Exception):
    """An answer other than the one hoped for: status, JSON payload, extra headers."""

    def __init__(self, status: int, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.payload: dict[str, Any] = {"message": message}
        self.headers = list(headers)


class Invalidated(Refusal):
    """422 in the reference's shape: every fault at once, keyed by parameter (`contract.md` "Records")."""

    def __init__(self, errors: dict[str, list[str]], **told: Any) -> None:
        super().__init__(422, "The given data was invalid.")
        self.payload["errors"] = errors
        #: What else is told who asked for it.
        self.payload.update(told)


class Unavailable(Refusal):
    """503: nothing was written; come back in a moment."""

    def __init__(self, message: str = "The store is not available; nothing was written.") -> None:
        super().__init__(503, message, [(b"retry-after", b"1")])


def not_allowed(allow: str, hint: str) -> Refusal:
    """405 that says what to send."""
    return Refusal(405, f"This address takes {allow.replace(', ', ' or ')}. {hint}", [(b"allow", allow.encode())])
