"""What every answer leaves behind: a count by status, and a JSON line (decision 13).

The line has no query, body, token or webhook id. Both are written together a few times a second, so that the
hot path pays no system call and no shared memory for them.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import orjson

from rapport.ingest import metrics
from rapport.ingest.http import Request
from rapport.process import redacted

PAUSE_SECONDS = 0.1
#: Answers whose reason may be the name that was asked for, and how much of it is told.
_ASTRAY, HOST_LIMIT = (400, 421), 100


class AccessLog:
    """Collects counts and lines; lines go to standard error when `lines` is on."""

    def __init__(self, *, lines: bool) -> None:
        self._enabled = lines
        self._lines: list[bytes] = []
        self._statuses: Counter[int] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def note(self, request: Request, seconds: float) -> None:
        """Remember one answered request."""
        self._statuses[request.status] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self.flush)
        if self._enabled:
            self._lines.append(_line(request, seconds))

    def flush(self) -> None:
        """Write what was collected."""
        self._timer = None
        metrics.answered(self._statuses)
        self._statuses.clear()
        lines, self._lines = self._lines, []
        if lines:
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()


def _line(request: Request, seconds: float) -> bytes:
    path = request.path
    line: dict[str, Any] = {
        "time": datetime.now(UTC),
        "level": "info",
        "logger": "rapport.access",
        "message": "request",
        "request_id": request.id,
        "method": request.method,
        "path": path if path == "/records" else redacted(path),
        "status": request.status,
        "ms": round(seconds * 1000, 2),
    }
    if request.status in _ASTRAY:
        line["host"] = request.headers.get(b"host", b"")[:HOST_LIMIT].decode("latin-1")
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
