"""What requests and answers look like."""

from __future__ import annotations

from typing import Any

from rapport.directory.parameters import LIMITS
from rapport.directory.representation import ACCOUNT_FIELDS, CONTACT_ATTRIBUTES, CONTACT_FIELDS
from rapport.history.models import OBJECT_TYPES
from rapport.records import types
from rapport.records.parameters import NAMES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "format": "uuid"}
NULLABLE_ID: Schema = {"type": ["string", "null"], "format": "uuid"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TEXTS: Schema = {"type": "array", "items": TEXT}
#: Names of what was sent beside the record and nobody knows.
LEFT: Schema = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": NAMES}
FAULTS: Schema = {"type": "object", "additionalProperties": TEXTS}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def closed(properties: Schema, optional: tuple[str, ...] = ()) -> Schema:
    """An object with exactly these properties, all of which are there but `optional`."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def one_of(*values: str | None) -> Schema:
    """One of these."""
    return {"enum": list(values)}


def _headings(data_type: str) -> str:
    """The default configuration's headings, with what each takes."""
    fields = types.ALL[data_type].fields
    return ", ".join(f"{field.label} ({field.type.name}, up to {field.type.limit} characters)" for field in fields)


def _object(fields: tuple[str, ...], more: Schema) -> Schema:
    texts = {name: TEXT if name == "name" else NULLABLE_TEXT for name in fields}
    rest = {"attributes": {"type": "object"}, "created_at": TIME, "updated_at": TIME}
    return closed({"id": ID, **texts, **more, **rest})


def _page(of: str) -> Schema:
    return closed(
        {
            "data": {"type": "array", "items": ref(of), "maxItems": LIMITS[-1]},
            "cursor": {**NULLABLE_TEXT, "description": "Where the next page begins; null on the last one."},
        }
    )


SCHEMAS: dict[str, Schema] = {
    "Record": {
        "type": "object",
        "description": "Heading -> value. Headings are those of the configuration; others are ignored and counted."
        + "".join(f" `{name}`: {_headings(name)}." for name in types.ALL),
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "minProperties": 1,
        "examples": [{"Email": "ada@example.com", "First Name": "Ada", "Account Name": "Analytical Engines"}],
    },
    "Sentence": closed({"message": TEXT}),
    "Faults": closed({"message": TEXT, "errors": FAULTS}),
    "RecordFaults": closed(
        {
            "message": TEXT,
            "errors": FAULTS,
            "record": NULLABLE_ID,
            "ignored": TEXTS,
            "warnings": TEXTS,
            "parameters": LEFT,
        },
        optional=("record", "ignored", "warnings", "parameters"),
    ),
    "BatchFaults": closed({"message": TEXT, "errors": FAULTS, "request": NULLABLE_ID}, optional=("request",)),
    "OAuthError": closed({"error": TEXT, "error_description": TEXT}, optional=("error_description",)),
    "Receipt": closed(
        {
            "record": {**NULLABLE_ID, "description": "Its id in the request history; null in a dry run."},
            "outcome": one_of("created", "updated", "unchanged"),
            "objects": {
                "type": "array",
                "items": closed(
                    {
                        "type": one_of("account_alias", *OBJECT_TYPES),
                        "id": NULLABLE_ID,
                        "outcome": one_of("created", "updated", "unchanged"),
                        "matched_by": NULLABLE_TEXT,
                        "changes": {
                            "type": "object",
                            "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2},
                        },
                    }
                ),
            },
            "ignored": TEXTS,
            "warnings": TEXTS,
            "parameters": LEFT,
        },
        optional=("parameters",),
    ),
    "BatchReceipt": closed(
        {
            "request": {**NULLABLE_ID, "description": "Its id in the request history; null in a dry run."},
            **dict.fromkeys(("received", "created", "updated", "unchanged", "rejected"), COUNT),
            "results": {
                "type": "array",
                "items": closed(
                    {
                        "index": COUNT,
                        "outcome": one_of("created", "updated", "unchanged", "rejected", "not_written"),
                        "id": ID,
                        "errors": FAULTS,
                        "ignored": TEXTS,
                        "warnings": TEXTS,
                        "record": {**NULLABLE_ID, "description": "There where the receipt was preferred."},
                    },
                    optional=("id", "errors", "ignored", "warnings", "record"),
                ),
            },
        }
    ),
    "Token": closed(
        {"access_token": TEXT, "token_type": {"const": "Bearer"}, "expires_in": COUNT, "scope": TEXT},
        optional=("scope",),
    ),
    "Introspection": closed(
        {
            "active": {"type": "boolean"},
            "scope": TEXT,
            "client_id": TEXT,
            "token_type": {"const": "Bearer"},
            "iat": COUNT,
            "exp": COUNT,
        },
        optional=("scope", "client_id", "token_type", "iat", "exp"),
    ),
    "Contact": _object(
        (*CONTACT_FIELDS, *CONTACT_ATTRIBUTES),
        {"account": {"oneOf": [{"type": "null"}, closed({"id": ID, "name": TEXT})]}},
    ),
    "Account": _object(ACCOUNT_FIELDS, {}),
    "Contacts": _page("Contact"),
    "Accounts": _page("Account"),
}
