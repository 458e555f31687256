"""Health and metrics."""

from __future__ import annotations

from typing import Any

from .responses import answer, shared
from .schemas import TEXT, closed


def _get(operation_id: str, summary: str, content: dict[str, Any], *statuses: int) -> dict[str, Any]:
    success = {**answer(summary), "content": content}
    return {
        "get": {
            "operationId": operation_id,
            "summary": summary,
            "tags": ["Operations"],
            "security": [],
            "responses": {"200": success, **shared(*statuses)},
        }
    }


def _status(word: str) -> dict[str, Any]:
    return {"application/json": {"schema": closed({"status": {"const": word}})}}


PATHS = {
    "/healthz": _get("alive", "The process is alive.", _status("alive"), 405),
    "/readyz": _get("ready", "The database can be reached and is migrated.", _status("ready"), 405, 503),
    "/metrics": _get("metrics", "Numbers for Prometheus.", {"text/plain": {"schema": TEXT}}, 405),
}
