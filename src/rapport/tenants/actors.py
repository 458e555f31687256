"""Who does something to a tenant's settings, and in answer to which request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

#: The id of the request that is being answered; empty outside of one.
current_request: ContextVar[str] = ContextVar("current_request", default="")


@dataclass(frozen=True)
class Author:
    """Who acts: `type` is app, user or command; in the ledger also webhook or import."""

    type: str
    id: UUID | None
    name: str


#: Whoever runs `rapport`.
COMMAND = Author("command", None, "command line")
