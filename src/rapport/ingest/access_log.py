"""One JSON line per request, without query, body, token or webhook id (decision 13).

Lines are written together a few times a second, so that the hot path pays no system call for them.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from rapport.ingest.http import Request

PAUSE_SECONDS = 0.1
HIDDEN_BELOW = "/hooks/"


class AccessLog:
    """Collects lines and writes them to standard error."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def note(self, request: Request, seconds: float) -> None:
        """Remember one answered request."""
        if not self._enabled:
            return
        path = request.path
        line: dict[str, Any] = {
            "time": datetime.now(UTC),
            "level": "info",
            "message": "request",
            "request_id": request.id,
            "method": request.method,
            "path": HIDDEN_BELOW + "…" if path.startswith(HIDDEN_BELOW) else path,
            "status": request.status,
            "ms": round(seconds * 1000, 2),
        }
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what was collected."""
        self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()
