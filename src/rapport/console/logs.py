"""What the console's log lines carry: the request's id, and nothing of what the caller sent."""

from __future__ import annotations

import logging
from contextvars import ContextVar

#: The id of the request that is being answered; empty outside of one.
current_request: ContextVar[str] = ContextVar("current_request", default="")


class RequestFilter(logging.Filter):
    """Adds the request's id; drops Django's request object, whose text has the query string with e-mail addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every line passes."""
        record.__dict__.pop("request", None)
        if current_request.get():
            record.request_id = current_request.get()
        return True
