"""`/api/contacts` and `/api/accounts`."""

from __future__ import annotations

from typing import Any

from rapport.directory.parameters import DEFAULT_LIMIT, LIMITS
from rapport.directory.readback import ACCOUNTS, CONTACTS, Collection

from .responses import answer, shared
from .schemas import ID, TEXT

DESCRIPTIONS = {
    "email": "The contact with this e-mail address, however it is spelled.",
    "phone": "The contact that this phone number finds; only its digits count, without a leading 00.",
    "name": "The account with this name or alias.",
}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _get(collection: Collection, schema: str) -> dict[str, Any]:
    keys = [_parameter(name, TEXT, DESCRIPTIONS[name]) for name in collection.key_types]
    return {
        "get": {
            "operationId": f"list{schema}",
            "summary": f"Read {schema.lower()}: one of them, all of them, or those updated since a time.",
            "tags": ["Reading back"],
            "security": [{"token": ["directory:read"]}],
            "parameters": [
                *keys,
                _parameter("id", ID, "The object with this id."),
                _parameter(
                    "updated_since",
                    {"type": "string"},
                    "Changed at or after this time (ISO 8601, UTC without a zone), in the order of the changes.",
                ),
                _parameter("cursor", TEXT, "The `cursor` of the page before, with the same other parameters."),
                _parameter(
                    "limit",
                    {"type": "integer", "minimum": LIMITS[0], "maximum": LIMITS[-1], "default": DEFAULT_LIMIT},
                    "Objects on a page.",
                ),
            ],
            "responses": {"200": answer("A page.", schema), **shared(400, 401, 403, 405, 422, 500, 503)},
        }
    }


PATHS = {"/api/contacts": _get(CONTACTS, "Contacts"), "/api/accounts": _get(ACCOUNTS, "Accounts")}
