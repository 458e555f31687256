"""What a record may be, as JSON Schema."""

from __future__ import annotations

from rapport.records.mapping import FIELDS_LIMIT

from .outline import Column, Outline
from .shapes import FILLED, Schema, shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(outline: Outline) -> Schema:
    """The schema as a document of its own."""
    return {"$schema": DIALECT, "title": outline.name, **record(outline)}


def record(outline: Outline) -> Schema:
    """The schema of a record: heading -> value."""
    found: Schema = {
        "type": "object",
        "description": f"A record for the import configuration `{outline.reference}`."
        " Other headings change nothing; they are counted.",
        "properties": {heading: _value(column, heading) for column in outline.columns for heading in column.headings},
        "minProperties": 1,
        "maxProperties": FIELDS_LIMIT,
        "examples": list(outline.records()),
    }
    if outline.required:
        found["allOf"] = [{"anyOf": [_filled(heading) for heading in group]} for group in outline.required]
    return found


def _filled(heading: str) -> Schema:
    return {"required": [heading], "properties": {heading: FILLED}}


def _value(column: Column, heading: str) -> Schema:
    found: Schema = {"title": column.field.label, **shape(column.field.type)}
    if heading != column.heading:
        found["description"] = f"Fills {column.field.label} where no heading before it brings a value."
    elif column.default is not None:
        found["default"] = column.default
    return found
