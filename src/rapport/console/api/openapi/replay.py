"""`/api/replay`: what came under a heading since mapped, and refused records, put through again."""

from __future__ import annotations

from typing import Any

from rapport.evidence.models import Replay
from rapport.evidence.replaying import chosen
from rapport.evidence.replaying.cases import VERDICTS

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref
from .undo import operation

_COUNTS: Schema = dict.fromkeys(VERDICTS, COUNT)
_REASONS: Schema = {"type": "object", "additionalProperties": COUNT}
_TEXT: Schema = {"type": "string"}
_RECORDS: Schema = {
    "description": "A filter as `GET /api/requests` takes it, or ids of records.",
    "anyOf": [
        closed({name: {"type": "string"} for name in chosen.FILTERS}, chosen.FILTERS),
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": chosen.NUMBER},
    ],
}
_CORRECTED: Schema = {
    "type": "object",
    "description": "Of a single record: what is read in the place of what was sent.",
    "additionalProperties": NULLABLE_TEXT,
    "minProperties": 1,
}

SCHEMAS: dict[str, Schema] = {
    "ReplayWanted": {
        "oneOf": [
            closed({"plan": {"const": True}, **dict.fromkeys(chosen.OF_HEADING, _TEXT)}, chosen.BESIDE),
            closed(
                {"plan": {"const": True}, "records": _RECORDS, "configuration": _TEXT, "sent": _CORRECTED},
                ("configuration", "sent"),
            ),
            closed({"commit": TEXT}),
        ]
    },
    "ReplayPlan": closed(
        {
            "plan": {**TEXT, "description": "The token by which exactly this is committed, within an hour."},
            **_COUNTS,
            "more": {**COUNT, "description": "Records that were only counted, because there are so many."},
            "reasons": {**_REASONS, "description": "Why fields stay and records are not written, counted."},
            "examples": {
                "type": "array",
                "items": closed(
                    {
                        "record": ID,
                        "type": NULLABLE_TEXT,
                        "id": NULLABLE_ID,
                        "field": NULLABLE_TEXT,
                        "now": {},
                        "then": {},
                        "verdict": one_of(*VERDICTS),
                        "because": NULLABLE_TEXT,
                    }
                ),
            },
        }
    ),
    "ReplayBegun": closed({"replay": ID}),
    "Replay": closed(
        {
            "id": ID,
            "state": one_of(*Replay.State.values),
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


PATHS: dict[str, Any] = {
    "/api/replay": {
        "post": operation(
            "replay",
            "See what sending records again would do, or commit what was planned.",
            {
                "200": answer("The plan.", "ReplayPlan"),
                "202": answer("It is done, or under way.", "ReplayBegun", {"Location": {"schema": TEXT}}),
                **shared(400, 401, 403, 405, 409, 413, 415, 422, 500, 503),
            },
            requestBody={"required": True, "content": {"application/json": {"schema": ref("ReplayWanted")}}},
        )
    },
    "/api/replay/{id}": {
        "get": operation(
            "showReplay",
            "Read what a replay has done so far.",
            {"200": answer("The replay.", "Replay"), **shared(401, 403, 404, 405, 500, 503)},
            parameters=[{"name": "id", "in": "path", "required": True, "schema": ID}],
        )
    },
}
