"""What the console's log lines carry: the request's id, and nothing of what the caller sent."""

from __future__ import annotations

import logging

from rapport.process import redacted
from rapport.tenants.actors import current_request


class RequestFilter(logging.Filter):
    """Adds the request's id; drops secrets in paths, and Django's request object with its query string."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every line passes."""
        record.__dict__.pop("request", None)
        record.msg, record.args = redacted(record.getMessage()), ()
        if current_request.get():
            record.request_id = current_request.get()
        return True
