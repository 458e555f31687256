"""`/api/unmapped`."""

from __future__ import annotations

from typing import Any

from rapport.tenants.query import DEFAULT_LIMIT, LIMITS

from .responses import answer, shared
from .schemas import COUNT, NULLABLE_TEXT, TEXT, TEXTS, TIME, closed

JSON = "application/json"
SUGGESTION = closed(
    {
        "heading": TEXT,
        "field": TEXT,
        "reasons": {"type": "array", "items": {"enum": ["similar_name", "same_shape", "went_quiet"]}},
    }
)
HEADING = closed(
    {
        "configuration": TEXT,
        "heading": TEXT,
        "count": COUNT,
        "first_seen": TIME,
        "last_seen": TIME,
        "sample": NULLABLE_TEXT,
        "values": TEXTS,
        "suggestion": {"oneOf": [{"type": "null"}, SUGGESTION]},
    }
)


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema}}}


def _act(name: str, summary: str, done: str) -> dict[str, Any]:
    """What is done to one heading."""
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["Configurations"],
        "security": [{"token": ["configurations:write"]}],
        "requestBody": {"required": True, **_content(closed({"configuration": TEXT, "heading": TEXT}))},
        "responses": {
            "200": {**answer(done.capitalize() + "."), **_content(closed({done: {"const": True}}))},
            "404": {
                **answer("The configuration has no such heading."),
                **_content(closed({"message": TEXT})),
            },
            **shared(400, 401, 403, 405, 413, 415, 422, 500, 503),
        },
    }


PATHS = {
    "/api/unmapped": {
        "get": {
            "operationId": "listUnmapped",
            "summary": "Read the headings that nothing maps, those seen last first.",
            "tags": ["Configurations"],
            "security": [{"token": ["configurations:read"]}],
            "parameters": [
                _query("configuration", TEXT, "Only those of the configuration with this reference."),
                _query("dismissed", {"enum": ["true", "false"]}, "`true`: those that somebody has dismissed instead."),
                _query(
                    "limit",
                    {"type": "integer", "minimum": LIMITS[0], "maximum": LIMITS[-1], "default": DEFAULT_LIMIT},
                    "Headings at most.",
                ),
            ],
            "responses": {
                "200": {**answer("The headings."), **_content(closed({"data": {"type": "array", "items": HEADING}}))},
                **shared(400, 401, 403, 405, 422, 500, 503),
            },
        }
    },
    "/api/unmapped/dismiss": {
        "post": _act("dismissUnmapped", "Take a heading from the list; it goes on being counted.", "dismissed")
    },
    "/api/unmapped/forget": {
        "post": _act("forgetUnmapped", "Delete a heading with its values; it is new when it comes again.", "forgotten")
    },
}
