"""Single contacts and accounts: as they are and were, deleted, merged, likely to be one."""

from __future__ import annotations

from typing import Any

from rapport.directory import merging
from rapport.directory.models import Merge
from rapport.directory.parameters import DEFAULT_LIMIT, LIMITS
from rapport.directory.twin_keys import REASONS

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref
from .schemas import SCHEMAS as OBJECTS


def _deleted(schema: str) -> Schema:
    whole = OBJECTS[schema]
    item = closed({**whole["properties"], "deleted_at": TIME})
    return closed({"data": {"type": "array", "items": item}, "cursor": NULLABLE_TEXT})


SCHEMAS: dict[str, Schema] = {
    "MergeWanted": closed(
        {
            "into": ID,
            "from": {"type": "array", "items": ID, "minItems": 1, "maxItems": merging.LIMIT},
            "keep": {
                "type": "object",
                "description": "Field -> the object whose value is taken.",
                "additionalProperties": ID,
            },
            "dry_run": {"type": "boolean"},
        },
        ("keep", "dry_run"),
    ),
    "MergeBegun": closed(
        {
            "merge": NULLABLE_ID,
            "fields": {"type": "object", "description": "Of a dry run: field -> [old, new]."},
            "moves": {"type": "object", "additionalProperties": COUNT},
            "keys": {"type": "array", "items": TEXT},
            "suppressed": {
                "type": "array",
                "description": "Of a dry run: what of the keys gets nothing, so that the one that is kept gets none.",
                "items": closed({"key": TEXT, "list": one_of("unsubscribe", "bounce"), "at": TIME}),
            },
        },
        ("fields", "moves", "keys", "suppressed"),
    ),
    "Twins": closed(
        {
            "data": {
                "type": "array",
                "items": closed(
                    {
                        "id": ID,
                        "type": one_of("contact", "account"),
                        "reason": one_of(*REASONS.values()),
                        "found_at": TIME,
                        "dismissed_at": {"type": ["string", "null"], "format": "date-time"},
                        "dismissed_by": NULLABLE_TEXT,
                        "objects": {
                            "type": "array",
                            "description": "Two of them, the older one first.",
                            "items": closed({"id": ID, "name": TEXT}),
                        },
                    }
                ),
            },
            "cursor": NULLABLE_TEXT,
        }
    ),
    "Merge": closed(
        {
            "id": ID,
            "type": one_of("contact", "account"),
            "into": ID,
            "from": {"type": "array", "items": ID},
            "state": one_of(*Merge.State.values),
            "moved": COUNT,
            "progress": {"type": "number", "minimum": 0, "maximum": 1},
            "started_at": TIME,
            "ended_at": {"type": ["string", "null"], "format": "date-time"},
        }
    ),
    "Gone": closed({"message": TEXT, "deleted_at": TIME, "merged_into": ID}, ("deleted_at", "merged_into")),
    "DeletedContacts": _deleted("Contact"),
    "DeletedAccounts": _deleted("Account"),
    "KeyTaken": closed(
        {"message": TEXT, "owner": closed({"type": one_of("contact", "account"), "id": ID, "name": TEXT})}
    ),
}
_BY_ID = {"name": "id", "in": "path", "required": True, "schema": ID}
_AS_OF = {
    "name": "as_of",
    "in": "query",
    "schema": TEXT,
    "description": "As it was at this time (ISO 8601, UTC without a zone).",
}
_PAGING = [
    {"name": "cursor", "in": "query", "schema": TEXT, "description": "The `cursor` of the page before."},
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": LIMITS[0], "maximum": LIMITS[-1], "default": DEFAULT_LIMIT},
        "description": "Objects on a page.",
    },
]


def _operation(id: str, summary: str, scope: str, answers: dict[str, Any], *parameters: Any) -> dict[str, Any]:
    return {
        "operationId": id,
        "summary": summary,
        "tags": ["Reading back"],
        "security": [{"token": [scope]}],
        "parameters": list(parameters),
        "responses": answers,
    }


def _object(plural: str, schema: str) -> dict[str, Any]:
    """The paths of one kind of object."""
    usual = shared(401, 403, 404, 405, 410, 422, 500, 503)
    name = schema.lower()
    return {
        f"/api/{plural}/{{id}}": {
            "get": _operation(
                f"show{schema}",
                f"Read one {name}, as it is or was.",
                "directory:read",
                {"200": answer("The object.", schema), **usual},
                _BY_ID,
                _AS_OF,
            ),
            "delete": _operation(
                f"delete{schema}",
                f"Put a {name} out of sight; for 30 days it can be restored.",
                "directory:write",
                {"204": answer("It is out of sight."), **usual},
                _BY_ID,
            ),
        },
        f"/api/{plural}/{{id}}/restore": {
            "post": _operation(
                f"restore{schema}",
                f"Bring a deleted {name} back, with what it was found by.",
                "directory:write",
                {
                    "200": answer("The object.", schema),
                    **usual,
                    "409": answer("One of its keys finds another object by now.", "KeyTaken"),
                },
                _BY_ID,
            )
        },
        f"/api/{plural}/merge": {
            "post": {
                **_operation(
                    f"merge{schema}s",
                    f"Make several {plural} one; with `dry_run` see what that would do.",
                    "directory:write",
                    {
                        "200": answer("They are one.", "MergeBegun"),
                        "202": answer("They are one; what belongs to them follows.", "MergeBegun"),
                        **shared(400, 401, 403, 405, 413, 415, 422, 500, 503),
                    },
                ),
                "requestBody": {"required": True, "content": {"application/json": {"schema": ref("MergeWanted")}}},
            }
        },
        f"/api/{plural}/deleted": {
            "get": _operation(
                f"listDeleted{schema}s",
                f"Read which {plural} can be restored, newest first.",
                "directory:read",
                {"200": answer("A page.", f"Deleted{schema}s"), **shared(401, 403, 405, 422, 500, 503)},
                *_PAGING,
            )
        },
    }


PATHS: dict[str, Any] = {
    **_object("contacts", "Contact"),
    **_object("accounts", "Account"),
    "/api/merges/{id}": {
        "get": _operation(
            "showMerge",
            "Read how far a merge is.",
            "directory:write",
            {"200": answer("The merge.", "Merge"), **shared(401, 403, 404, 405, 500, 503)},
            _BY_ID,
        )
    },
    "/api/twins": {
        "get": _operation(
            "listTwins",
            "Read which contacts and accounts are likely to be one, newest first.",
            "directory:read",
            {"200": answer("A page.", "Twins"), **shared(401, 403, 405, 422, 500, 503)},
            *_PAGING,
            {
                "name": "dismissed",
                "in": "query",
                "schema": {"enum": ["true", "false"]},
                "description": "`true`: those that somebody has dismissed instead.",
            },
        )
    },
    "/api/twins/{id}/dismiss": {
        "post": _operation(
            "dismissTwins",
            "Say that two are two; they are not found again.",
            "directory:write",
            {"204": {"description": "They stay two."}, **shared(401, 403, 404, 405, 500, 503)},
            _BY_ID,
        )
    },
    "/api/twins/{id}/restore": {
        "post": _operation(
            "restoreTwins",
            "Bring a dismissed pair back, where the two still share something.",
            "directory:write",
            {"204": {"description": "They are likely twins again."}, **shared(401, 403, 404, 405, 409, 500, 503)},
            _BY_ID,
        )
    },
}
