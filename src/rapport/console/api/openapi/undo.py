"""`/api/undo`: what was done is taken back."""

from __future__ import annotations

from typing import Any

from rapport.evidence.models import Undo
from rapport.evidence.undoing import chosen, plan
from rapport.history.models import OBJECT_TYPES

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref

_WHICH: Schema = {
    **{name: {"type": "string"} for name in (*chosen.NAMES, *chosen.BOUNDS)},
    "changes": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": chosen.NUMBERS},
}
_REASONS: Schema = {"type": "object", "additionalProperties": COUNT}
_COUNTS: Schema = {"restore": COUNT, "delete": COUNT, "keep": COUNT}
_NAMED = closed({"type": one_of(*OBJECT_TYPES), "id": ID})


SCHEMAS: dict[str, Schema] = {
    "UndoWanted": {
        "oneOf": [
            {
                "type": "object",
                "properties": {"plan": {"const": True}, **_WHICH},
                "required": ["plan"],
                "additionalProperties": False,
            },
            closed({"commit": TEXT, "if_moved": one_of(*plan.IF_MOVED)}, ("if_moved",)),
        ]
    },
    "UndoPlan": closed(
        {
            "plan": {**TEXT, "description": "The token by which exactly this is committed, within an hour."},
            **_COUNTS,
            "objects": COUNT,
            "reasons": {**_REASONS, "description": "Why fields stay as they are, counted."},
            "examples": {
                "type": "array",
                "items": closed(
                    {
                        "type": one_of(*OBJECT_TYPES),
                        "id": ID,
                        "field": NULLABLE_TEXT,
                        "now": {},
                        "then": {},
                        "verdict": one_of("restore", "delete", "keep"),
                        "because": NULLABLE_TEXT,
                    }
                ),
            },
            "irreversible": ref("Irreversible"),
        }
    ),
    "Irreversible": {
        **closed(
            {
                "mails": COUNT,
                "cut_short": {"type": "boolean", "description": "There may be more: much was made."},
                "examples": {
                    "type": "array",
                    "description": "The newest.",
                    "items": closed(
                        {
                            "delivery": ID,
                            "campaign": ID,
                            "contact": ID,
                            "address": NULLABLE_TEXT,
                            "sent_at": {"type": ["string", "null"], "format": "date-time"},
                        }
                    ),
                },
            }
        ),
        "description": "What no undo takes back: mails that went out to what the undone entries made, or for it.",
    },
    "UndoBegun": closed({"undo": ID}),
    "UndoMoved": closed({"message": TEXT, "moved": {"type": "array", "items": _NAMED, "maxItems": 20}}),
    "Undo": closed(
        {
            "id": ID,
            "state": one_of(*Undo.State.values),
            "reason": NULLABLE_TEXT,
            "asked": {"type": "object"},
            **_COUNTS,
            "reasons": _REASONS,
            "progress": {"type": "number", "minimum": 0, "maximum": 1},
            "author": closed({"type": TEXT, "id": NULLABLE_ID, "name": TEXT}),
            "started_at": TIME,
            "ended_at": {"type": ["string", "null"], "format": "date-time"},
        }
    ),
}


def operation(id: str, summary: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An operation that takes back or repeats what was done."""
    return {
        "operationId": id,
        "summary": summary,
        "tags": ["History"],
        "security": [{"token": ["history:undo"]}],
        "parameters": [],
        "responses": answers,
        **more,
    }


PATHS: dict[str, Any] = {
    "/api/undo": {
        "post": operation(
            "undo",
            "See what an undo would do, or commit what was planned.",
            {
                "200": answer("The plan.", "UndoPlan"),
                "202": answer("It is done, or under way.", "UndoBegun", {"Location": {"schema": TEXT}}),
                "409": answer("What would be undone has changed since the plan.", "UndoMoved"),
                **shared(400, 401, 403, 405, 413, 415, 422, 500, 503),
            },
            requestBody={"required": True, "content": {"application/json": {"schema": ref("UndoWanted")}}},
        )
    },
    "/api/undo/{id}": {
        "get": operation(
            "showUndo",
            "Read what an undo has done so far.",
            {"200": answer("The undo.", "Undo"), **shared(401, 403, 404, 405, 500, 503)},
            parameters=[{"name": "id", "in": "path", "required": True, "schema": ID}],
        )
    },
}
