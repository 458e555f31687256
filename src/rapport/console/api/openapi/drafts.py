"""`/api/configurations/{reference}/draft`, and `…/versions/{version}/restore`."""

from __future__ import annotations

from typing import Any

from rapport.configurations.rehearsal import EXAMPLES
from rapport.configurations.rehearsing import RECORDS

from .configurations import AUTHOR, COMMENT, CONTENT, DIFFERENCES, ETAG, FLAG, IF_MATCH, READ, REFERENCE, TAG, WRITE
from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, ref

_PARTS: Schema = {name: CONTENT[name] for name in ("name", "mapping", "options")}
_ERRORS: Schema = {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}
_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_FAILING = closed(
    {
        "count": COUNT,
        "examples": {**_list(closed({"record": ID, "at": TIME, "errors": _ERRORS})), "maxItems": EXAMPLES},
    }
)
_FIELD: Schema = {"field": TEXT, "label": TEXT}
_VALUES = _list(
    closed(
        {
            **_FIELD,
            "count": COUNT,
            "example": {
                **closed({"record": ID, "old": {}, "new": {}}),
                "description": 'Null: the stored value stays; "": it is cleared.',
            },
        }
    )
)
_COUNTED = {**COUNT, "description": "Records that brought a value under it."}
_HEADINGS = _list(closed({"heading": TEXT, **_FIELD, "count": _COUNTED}))
SCHEMAS: dict[str, Schema] = {
    "Draft": closed(
        {
            **_PARTS,
            "comment": NULLABLE_TEXT,
            "based_on": {**COUNT, "description": "The version that it was made from."},
            "version": {**COUNT, "description": "The configuration's present version."},
            "author": AUTHOR,
            "updated_at": TIME,
            "differences": DIFFERENCES,
        }
    ),
    "NewDraft": {
        "type": "object",
        "properties": _PARTS | COMMENT | {"based_on": {**COUNT, "minimum": 1}},
        "required": ["name", "mapping"],
    },
    "Publication": closed(COMMENT, ("comment",)),
    "Return": closed(COMMENT | {"publish": FLAG}, ("comment", "publish")),
    "Rehearsal": closed(
        {
            "records": {**COUNT, "maximum": RECORDS},
            "from": _NULLABLE_TIME,
            "to": _NULLABLE_TIME,
            "cut_short": {**FLAG, "description": "More could not be found in time."},
            **dict.fromkeys(("newly_failing", "newly_passing"), _FAILING),
            **dict.fromkeys(("values_gained", "values_lost", "values_changed"), _VALUES),
            **dict.fromkeys(("headings_no_longer_used", "headings_newly_used"), _HEADINGS),
        }
    ),
}
_REFERENCE: dict[str, Any] = {"name": "reference", "in": "path", "required": True, "schema": REFERENCE}
_VERSION: dict[str, Any] = {"name": "version", "in": "path", "required": True, "schema": {**COUNT, "minimum": 1}}
_MATCHED = (404, 409, 412, 428)


def _operation(
    name: str, summary: str, answers: dict[str, Any], *statuses: int, body: str | None = None, **more: Any
) -> dict[str, Any]:
    content = {} if body is None else {"requestBody": {"content": {"application/json": {"schema": ref(body)}}}}
    read = (400, 413, 415, 422) if body else ()
    told = {"operationId": name, "summary": summary, "tags": TAG, "security": WRITE, "parameters": [_REFERENCE]}
    return told | content | more | {"responses": answers | shared(401, 403, 405, 500, 503, *read, *statuses)}


_AT = "/api/configurations/{reference}"
_DRAFT = {"200": answer("As it is now.", "Draft", ETAG), "201": answer("Made.", "Draft", ETAG)}
_PUBLISHED = answer("The configuration as callers use it within two seconds.", "Configuration", ETAG)
_MATCH: dict[str, Any] = {"parameters": [_REFERENCE, IF_MATCH]}
_MAY_MATCH: dict[str, Any] = {"parameters": [_REFERENCE, {**IF_MATCH, "required": False}]}
PATHS: dict[str, Any] = {
    f"{_AT}/versions/{{version}}/restore": {
        "post": _operation(
            "restoreVersion",
            "Make a draft of an earlier version, or publish it at once.",
            {"200": _PUBLISHED, "201": _DRAFT["201"]},
            *_MATCHED,
            body="Return",
            parameters=[_REFERENCE, _VERSION, {**IF_MATCH, "required": False}],
        )
    },
    f"{_AT}/draft": {
        "get": _operation("getDraft", "Read the draft of a configuration.", {"200": _DRAFT["200"]}, 404, security=READ),
        "put": _operation(
            "saveDraft", "Make a draft, or replace its content.", _DRAFT, *_MATCHED, body="NewDraft", **_MATCH
        ),
        "delete": _operation("discardDraft", "Delete a draft.", {"204": answer("It is gone.")}, *_MATCHED, **_MATCH),
    },
    f"{_AT}/draft/rehearse": {
        "post": _operation(
            "rehearseDraft",
            f"Say what a draft would make of the last {RECORDS:,} records; nothing is written.",
            {"200": answer("What would change.", "Rehearsal")},
            404,
            409,
            422,
            security=READ,
        )
    },
    f"{_AT}/draft/publish": {
        "post": _operation(
            "publishDraft",
            "Give callers what a draft says.",
            {"200": _PUBLISHED},
            404,
            409,
            412,
            body="Publication",
            **_MAY_MATCH,
        )
    },
}
