"""`/api/requests`, `/api/changes` and `/api/audit`."""

from __future__ import annotations

from typing import Any

from rapport.history.models import OBJECT_TYPES, OUTCOMES, Change
from rapport.tenants.actors import Author
from rapport.tenants.audit import ACTS, Object

from .configurations import PAGING
from .responses import answer, shared
from .schemas import COUNT, FAULTS, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TEXTS, TIME, Schema, closed, one_of, ref

ACTOR: Schema = {"actor_type": one_of(*Change.Actor.values), "actor_id": NULLABLE_ID}

SCHEMAS: dict[str, Schema] = {
    "Change": closed(
        {
            "seq": COUNT,
            "at": TIME,
            "object_type": one_of(*OBJECT_TYPES),
            "object_id": ID,
            "version": COUNT,
            "kind": one_of("created", "updated", "deleted", "restored", "merged"),
            "diff": {"type": "object", "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2}},
            **ACTOR,
            "request_id": TEXT,
            "configuration_id": NULLABLE_ID,
            "configuration_version": {"type": ["integer", "null"]},
            "record": {**NULLABLE_ID, "description": "The record that made it; null where it is older than such ids."},
            "prev": {**NULLABLE_ID, "description": "The record that changed the object before."},
            "links": {
                "type": ["object", "null"],
                "description": "What was tied and untied, by id: `account`: [old, new]; `keys`: key -> [old, new]; "
                "`origins`: key -> [who had it before a merge, null], where its owner is deleted; "
                "`into`, which it became part of: [old, new].",
            },
        }
    ),
    "Changes": closed({"data": {"type": "array", "items": ref("Change")}, "cursor": TEXT}),
    "Request": closed(
        {
            "at": TIME,
            "id": ID,
            "request_id": TEXT,
            "position": COUNT,
            **ACTOR,
            "configuration_id": NULLABLE_ID,
            "status": COUNT,
            "outcome": one_of(*OUTCOMES),
            "objects": {"type": "array", "items": {"type": "object"}},
            "sent": {"type": ["object", "null"]},
            "errors": {"oneOf": [{"type": "null"}, FAULTS]},
            "ignored": {"oneOf": [{"type": "null"}, TEXTS]},
            "warnings": {"oneOf": [{"type": "null"}, TEXTS]},
            "email_key": NULLABLE_TEXT,
            "phone_key": NULLABLE_TEXT,
            "parameters": {"oneOf": [{"type": "null"}, TEXTS]},
        }
    ),
    "Entry": closed(
        {
            "id": ID,
            "at": TIME,
            "actor": closed({name: NULLABLE_TEXT if name == "id" else TEXT for name in Author.__annotations__}),
            "action": one_of(*ACTS),
            "object": closed(dict.fromkeys(("type", *Object._fields), TEXT)),
            "details": {"type": "object"},
            "request_id": NULLABLE_TEXT,
        }
    ),
    "Audit": closed({"data": {"type": "array", "items": ref("Entry")}, "cursor": NULLABLE_TEXT}),
    "Requests": closed({"data": {"type": "array", "items": ref("Request")}, "cursor": NULLABLE_TEXT}),
}


def _parameter(name: str, description: str, schema: Schema = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


TIMES = [
    _parameter("from", "At or after this time (ISO 8601, UTC without a zone)."),
    _parameter("to", "Before this time."),
]


def _get(schema: str, summary: str, parameters: list[Any], scope: str = "history:read") -> dict[str, Any]:
    page = answer("A page.", schema, {"X-Cursor": {"description": "The cursor of an NDJSON page.", "schema": TEXT}})
    page["content"]["application/x-ndjson"] = {"schema": {"type": "string"}}
    return {
        "get": {
            "operationId": f"list{schema}",
            "summary": summary,
            "tags": ["History"],
            "security": [{"token": [scope]}],
            "parameters": [*parameters, *TIMES, *PAGING],
            "responses": {"200": page, **shared(401, 403, 405, 422, 500, 503)},
        }
    }


PATHS = {
    "/api/requests": _get(
        "Requests",
        "Read what callers sent and what became of it, newest first.",
        [
            _parameter("app", "Of this Connected App, by its client id; or of the sender with this id."),
            _parameter("configuration", "For this configuration, by its reference or id."),
            _parameter("outcome", "With this outcome.", one_of(*OUTCOMES)),
            _parameter("text", "With exactly this e-mail address, phone number or request id."),
        ],
    ),
    "/api/changes": _get(
        "Changes",
        "Read the change ledger, oldest first, gap-free; the cursor of the last page is there to go on from.",
        [
            _parameter("object", "Of the object with this id.", ID),
            _parameter("type", "Of this type of object.", one_of(*OBJECT_TYPES)),
        ],
    ),
    "/api/audit": _get(
        "Audit",
        "Read who did what to the settings, newest first.",
        [
            _parameter("actor", "By the Connected App or the person with this id.", ID),
            _parameter("action", "Of this kind.", one_of(*ACTS)),
            _parameter("object", "On the object with this id."),
        ],
        "audit:read",
    ),
}
