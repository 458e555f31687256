"""`/api/configurations`, `/api/fields` and `/api/touchpoints`."""

from __future__ import annotations

from typing import Any

from rapport.configurations.document import COMMENT_LIMIT
from rapport.records.catalogue import OBJECTS, STANDARD, TYPES
from rapport.records.entries import DELIMITERS, ENTRIES_LIMIT, KINDS
from rapport.records.types import ALL
from rapport.tenants.actors import Author
from rapport.tenants.query import DEFAULT_LIMIT, LIMITS

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref

READ, WRITE = [{"token": ["configurations:read"]}], [{"token": ["configurations:write"]}]
TAG = ["Configurations"]
FLAG: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
REFERENCE: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-+[a-z0-9]+)*$", "maxLength": 64}
ETAG = {"ETag": {"description": "The version, for If-Match.", "schema": TEXT}}

ENTRY = closed(
    {
        "heading": {**NAME, "description": "Exactly what callers send; no `]` in the kind `api`."},
        "field": {
            "type": "string",
            "description": "As `/api/fields` says; its entries are its headings, in order.",
        },
        "default": {
            "type": "string",
            "description": "Stands in where no heading brought a value; on the first entry only.",
        },
        "empty_clears": {**FLAG, "description": "An empty value clears the stored one; on the first entry only."},
    },
    optional=("default", "empty_clears"),
)
OPTIONS = closed(
    {
        "account_required": {**FLAG, "description": "`multi-object` only: every record must name its account."},
        "delimiter": {"enum": list(DELIMITERS), "description": "The kind `file` only."},
    },
    optional=("account_required", "delimiter"),
)
CONTENT: Schema = {
    "reference": {**REFERENCE, "description": "What callers put into `configuration=`; a new UUID when left out."},
    "name": {**NAME, "description": "Once for each kind."},
    "kind": one_of(*KINDS),
    "data_type": one_of(*ALL),
    "active": FLAG,
    "mapping": {"type": "array", "items": ENTRY, "maxItems": ENTRIES_LIMIT},
    "options": OPTIONS,
}
COMMENT: Schema = {"comment": {"type": ["string", "null"], "maxLength": COMMENT_LIMIT, "description": "Why."}}
REST: Schema = {"is_default": FLAG, "version": COUNT, "created_at": TIME, "updated_at": TIME}
FIELD: Schema = {
    "field": {**TEXT, "description": "How configurations name it."},
    "object": one_of(*dict.fromkeys((*STANDARD, *OBJECTS))),
    "name": TEXT,
    "label": TEXT,
    "type": one_of(*dict.fromkeys((*TYPES, *(field.type.name for fields in STANDARD.values() for field in fields)))),
    "limit": COUNT,
    "data_types": {"type": "array", "items": one_of(*ALL)},
    "custom": FLAG,
}
CHOICES: Schema = {"type": ["array", "null"], "items": NAME, "minItems": 1}
CUSTOM: Schema = {"id": ID, "choices": CHOICES, "archived": FLAG, "version": COUNT, "created_at": TIME}
NEW_FIELD: Schema = {
    "object": one_of(*OBJECTS),
    "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
    "label": NAME,
    "type": one_of(*TYPES),
    "choices": {**CHOICES, "description": "What the type `choice` takes."},
}


def _page(of: Schema) -> Schema:
    return closed({"data": {"type": "array", "items": of}, "cursor": NULLABLE_TEXT})


AUTHOR = closed({name: NULLABLE_TEXT if name == "id" else TEXT for name in Author.__annotations__})
DIFFERENCES: Schema = {
    "type": "array",
    "items": closed({"what": TEXT, "old": NULLABLE_TEXT, "new": NULLABLE_TEXT}),
    "description": "What is different, in words; null is nothing.",
}
EDIT = closed(
    {
        "version": COUNT,
        "at": TIME,
        "actor": AUTHOR,
        "comment": NULLABLE_TEXT,
        "differences": DIFFERENCES,
        "before": {"oneOf": [{"type": "null"}, closed(CONTENT)]},
        "after": {"oneOf": [{"type": "null"}, closed(CONTENT)]},
    }
)
SCHEMAS: dict[str, Schema] = {
    "NewConfiguration": closed(CONTENT | COMMENT, optional=("reference", "active", "options", "comment")),
    "ChangedConfiguration": closed(
        {"id": ID, **CONTENT, **REST, **COMMENT},
        optional=("id", *(CONTENT.keys() - {"name", "mapping"}), *REST, "comment"),
    ),
    "Copy": closed({"reference": REFERENCE, "name": NAME}, optional=("reference", "name")),
    "Configuration": closed({"id": ID, **CONTENT, **REST}),
    "Configurations": _page(ref("Configuration")),
    "Edits": _page(EDIT),
    "NewField": closed(NEW_FIELD, optional=("choices",)),
    "ChangedField": {
        "type": "object",
        "properties": {"label": NAME, "choices": CHOICES, "archived": FLAG},
    },
    "Field": closed({**FIELD, **CUSTOM}, optional=tuple(CUSTOM)),
    "Fields": _page(ref("Field")),
    "NewTouchpoint": closed({"name": NAME, "active": FLAG}, optional=("active",)),
    "ChangedTouchpoint": {"type": "object", "properties": {"name": NAME, "active": FLAG}},
    "Touchpoint": closed({"id": ID, "name": TEXT, "active": FLAG, "version": COUNT, "created_at": TIME}),
    "Touchpoints": _page(ref("Touchpoint")),
}

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": TEXT,
    "description": "The `ETag` of what was read.",
}
PAGING = [
    {"name": "cursor", "in": "query", "schema": TEXT, "description": "The `cursor` of the page before."},
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": LIMITS[0], "maximum": LIMITS[-1], "default": DEFAULT_LIMIT},
        "description": "How many on a page.",
    },
]


def _filter(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": f"Only those of this `{name}`."}


def _part(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _read(operation_id: str, summary: str, schema: str, parameters: list[Any], *statuses: int) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": TAG,
        "security": READ,
        "parameters": parameters,
        "responses": {
            "200": answer(summary, schema, None if "cursor" in str(parameters) else ETAG),
            **shared(401, 403, 405, 500, 503, *statuses),
        },
    }


def _write(
    operation_id: str, summary: str, success: dict[str, Any], body: str | None, parameters: list[Any], *statuses: int
) -> dict[str, Any]:
    content = {} if body is None else {"requestBody": {"content": {"application/json": {"schema": ref(body)}}}}
    read = (400, 413, 415, 422) if body else ()
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": TAG,
        "security": WRITE,
        "parameters": parameters,
        **content,
        "responses": {**success, **shared(401, 403, 405, 500, 503, *read, *statuses)},
    }


def _made(schema: str) -> dict[str, Any]:
    location = {"Location": {"description": "Where it is.", "schema": TEXT}}
    return {"201": answer("Made.", schema, ETAG | location)}


def _done(schema: str) -> dict[str, Any]:
    return {"200": answer("As it is now.", schema, ETAG)}


def _collection(noun: str, filters: list[Any], extra: str = "") -> dict[str, Any]:
    plural = f"{noun}s"
    return {
        "get": _read(f"list{plural}", f"Read {plural.lower()}, oldest first{extra}.", plural, [*filters, *PAGING], 422),
        "post": _write(f"create{noun}", f"Make a {noun.lower()}.", _made(noun), f"New{noun}", []),
    }


def _one(noun: str) -> dict[str, Any]:
    part = _part("id", ID)
    body = f"Changed{noun}"
    return {
        "get": _read(f"get{noun}", f"Read one {noun.lower()}.", noun, [part], 404),
        "patch": _write(
            f"change{noun}",
            f"Change what is given of a {noun.lower()}.",
            _done(noun),
            body,
            [part, IF_MATCH],
            404,
            412,
            428,
        ),
    }


_REFERENCE = _part("reference", REFERENCE)
_REMOVED = {"204": answer("It is gone; its edits are kept.")}
STATE: Schema = {"type": "string", "enum": ["true", "false"]}


def _configuration() -> dict[str, Any]:
    change = (404, 409, 412, 428)
    match = [_REFERENCE, IF_MATCH]
    return {
        "get": _read("getConfiguration", "Read one configuration.", "Configuration", [_REFERENCE], 404),
        "put": _write(
            "changeConfiguration",
            "Replace name, mapping and options of a configuration.",
            _done("Configuration"),
            "ChangedConfiguration",
            match,
            *change,
        ),
        "delete": _write(
            "removeConfiguration",
            "Remove a configuration that nobody used for 24 hours.",
            _REMOVED,
            None,
            match,
            *change,
        ),
    }


def _act(operation_id: str, summary: str) -> dict[str, Any]:
    return {"post": _write(operation_id, summary, _done("Configuration"), None, [_REFERENCE], 404, 409, 412)}


_AT = "/api/configurations/{reference}"
PATHS = {
    "/api/configurations": _collection(
        "Configuration",
        [_filter("kind", one_of(*KINDS)), _filter("data_type", one_of(*ALL)), _filter("active", STATE)],
    ),
    _AT: _configuration(),
    **{
        f"{_AT}/{path}": {"get": _read(id, f"{summary}, newest first.", "Edits", [_REFERENCE, *PAGING], 404, 422)}
        for path, id, summary in (
            ("versions", "listVersions", "Read the versions of a configuration"),
            ("edits", "listEdits", "Read the same by its first name"),
        )
    },
    f"{_AT}/copy": {
        "post": _write(
            "copyConfiguration", "Make a copy that can be changed.", _made("Configuration"), "Copy", [_REFERENCE], 404
        )
    },
    f"{_AT}/activate": _act("activateConfiguration", "Let callers use a configuration again."),
    f"{_AT}/deactivate": _act("deactivateConfiguration", "Let callers use a configuration no longer."),
    "/api/fields": _collection("Field", [_filter("object", FIELD["object"])], ", the standard ones first"),
    "/api/fields/{id}": _one("Field"),
    "/api/touchpoints": _collection("Touchpoint", [_filter("active", STATE)]),
    "/api/touchpoints/{id}": _one("Touchpoint"),
}
