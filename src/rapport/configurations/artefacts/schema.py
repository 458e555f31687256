"""What a record may be, as JSON Schema."""

from __future__ import annotations

from typing import Any

from rapport.records.mapping import FIELDS_LIMIT

from .outline import Column, Outline

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What every text takes: numbers, `true` and `false` are read as they are written, null is sent empty.
SCALAR = ["string", "number", "boolean", "null"]
#: What a record gives a heading that it must fill.
FILLED: Schema = {"not": {"enum": [None, ""]}}
#: Name of a field's type -> what JSON takes for it, besides what is sent empty. Of texts the shape only.
SHAPES: dict[str, Schema] = {
    "text": {"type": SCALAR},
    "long text": {"type": SCALAR},
    "email": {"type": ["string", "null"], "pattern": r"^\s*([^@\s]+@[^@\s]+)?\s*$"},
    "phone": {"type": ["string", "integer", "null"], "pattern": r"^[0-9 ()+-]*$"},
    "integer": {"type": ["integer", "string", "null"], "pattern": r"^\s*([+-]?[0-9]+)?\s*$"},
    "decimal": {"type": ["number", "string", "null"], "pattern": r"^\s*([+-]?[0-9]+(\.[0-9]+)?)?\s*$"},
    "date": {"type": ["string", "null"], "pattern": r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2})?\s*$"},
    "date-time": {"type": ["string", "null"], "pattern": r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*)?$"},
    "boolean": {"type": ["boolean", "string", "integer", "null"]},
    "choice": {"type": ["string", "null"]},
    "touchpoint": {"type": ["string", "null"]},
}


def document(outline: Outline) -> Schema:
    """The schema as a document of its own."""
    return {"$schema": DIALECT, "title": outline.name, **record(outline)}


def record(outline: Outline) -> Schema:
    """The schema of a record: heading -> value."""
    found: Schema = {
        "type": "object",
        "description": f"A record for the import configuration `{outline.reference}`."
        " Other headings change nothing; they are counted.",
        "properties": {column.heading: _value(column) for column in outline.columns},
        "additionalProperties": {"type": SCALAR},
        "minProperties": 1,
        "maxProperties": FIELDS_LIMIT,
        "examples": list(outline.records()),
    }
    if outline.required:
        found["allOf"] = [{"anyOf": [_filled(heading) for heading in group]} for group in outline.required]
    return found


def _filled(heading: str) -> Schema:
    return {"required": [heading], "properties": {heading: FILLED}}


def _value(column: Column) -> Schema:
    type = column.field.type
    found: Schema = {"title": column.field.label, **SHAPES[type.name]}
    if "string" in found["type"]:
        found["maxLength"] = type.limit
    if type.between:
        found["minimum"], found["maximum"] = type.between
    if type.allowed or type.name == "touchpoint":
        # The service forgives upper and lower case in some of them.
        found["enum"] = [*type.allowed, "", None]
    if column.default is not None:
        found["default"] = column.default
    return found
