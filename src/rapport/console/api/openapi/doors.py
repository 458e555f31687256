"""`/hooks/{id}` and `/activities`."""

from __future__ import annotations

from typing import Any

from .records import FORM, IDEMPOTENCY_KEY, JSON, PREFER, SECURITY, _query
from .responses import INVALID_RECORD, answer, shared
from .schemas import ID, TEXT, closed, ref

PUBLIC_ID = {"name": "id", "in": "path", "required": True, "schema": TEXT, "description": "The webhook's own."}
FIELDS = _query("fields", ref("Record"), "Every parameter is a field: `Heading=value`.", style="form", explode=True)
INFORMATION = {"type": "object", "description": "Anything else, as JSON; in one of the two forms."}
ACTIVITY = {
    "type": "object",
    "properties": {
        "reference": {**TEXT, "maxLength": 128, "description": "Finds the activity; without one it is a new one."},
        "account": {**TEXT, "maxLength": 255, "description": "Created when it is unknown."},
        "contact": {**TEXT, "maxLength": 255, "description": "E-mail address or phone of an existing contact."},
        "type": {**TEXT, "maxLength": 100},
        "source": {**TEXT, "maxLength": 100},
        "happened_at": {**TEXT, "description": "Such as 2026-01-31 14:30:00, in the tenant's time zone."},
        "additional_information_object": INFORMATION,
        "additional_information_array": {**INFORMATION, "additionalProperties": TEXT},
    },
    "required": ["account", "type", "source", "happened_at"],
}


def _hook(operation_id: str, summary: str) -> dict[str, Any]:
    receipt = answer("Committed. Empty, unless the receipt was asked for.")
    receipt["headers"]["Preference-Applied"] = {"schema": TEXT}
    receipt["content"] = {JSON: {"schema": ref("Receipt")}}
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": ["Webhooks"],
        "security": [{"webhook": []}],
        "parameters": [PUBLIC_ID, FIELDS, IDEMPOTENCY_KEY, PREFER],
        "requestBody": {
            "required": False,
            "content": {JSON: {"schema": ref("Record")}, FORM: {"schema": ref("Record")}},
        },
        "responses": {"200": receipt, **INVALID_RECORD, **shared(400, 401, 405, 413, 414, 415, 500, 503)},
    }


def _activity(operation_id: str, summary: str) -> dict[str, Any]:
    content = {JSON: {"schema": {"oneOf": [closed({"id": ID, "reference": TEXT}), ref("Receipt")]}}}
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": ["Records"],
        "security": SECURITY,
        "parameters": [IDEMPOTENCY_KEY, PREFER],
        "requestBody": {"required": True, "content": {JSON: {"schema": ACTIVITY}}},
        "responses": {
            "200": {**answer("Updated, or unchanged."), "content": content},
            "201": {**answer("Created."), "content": content},
            **INVALID_RECORD,
            **shared(400, 401, 403, 405, 413, 414, 415, 429, 500, 503),
        },
    }


PATHS = {
    "/hooks/{id}": {
        "put": _hook("putHook", "Create or update what one record describes, through a webhook."),
        "post": _hook("postHook", "The same as PUT, for callers that cannot send it."),
    },
    "/activities": {
        "put": _activity("putActivity", "Create an activity, or update the one with this reference."),
        "post": _activity("postActivity", "The same as PUT, for callers that cannot send it."),
    },
}
