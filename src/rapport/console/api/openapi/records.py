"""`/records` and `/records/batch`."""

from __future__ import annotations

from typing import Any

from .responses import INVALID_RECORD, answer, shared
from .schemas import TEXT, ref

#: What a batch may hold; a test compares it with what the service refuses.
BATCH_RECORDS = 10_000
IDEMPOTENCY_KEY_LENGTH = 255
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"
SECURITY = [{"token": ["records:write"]}]
FLAG = {"type": "string", "enum": ["true", "false", "1", "0", ""]}


def _query(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description, **more}


CONFIGURATION = _query(
    "configuration", TEXT, "Reference of an import configuration, such as `contact`.", example="contact"
)
DRY_RUN = _query("dry_run", FLAG, "Answer with the receipt and write nothing.")
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": IDEMPOTENCY_KEY_LENGTH},
    "description": "A repeat within 24 hours does nothing and gets the first one's receipt.",
}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": TEXT,
    "description": "`return=representation` answers with the receipt (RFC 7240).",
}
RECORD = _query(
    "record",
    ref("Record"),
    "`record[Heading]=value`, once for each heading.",
    style="deepObject",
    explode=True,
)
CALL = {
    "type": "object",
    "properties": {"configuration": TEXT, "record": ref("Record")},
    "description": "What the body has is taken instead of the query's.",
}


def _put(operation_id: str, summary: str) -> dict[str, Any]:
    receipt = answer("Committed. Empty, unless the receipt was asked for.")
    receipt["headers"]["Preference-Applied"] = {"schema": TEXT}
    receipt["content"] = {JSON: {"schema": ref("Receipt")}}
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": ["Records"],
        "security": SECURITY,
        "parameters": [CONFIGURATION, RECORD, DRY_RUN, IDEMPOTENCY_KEY, PREFER],
        "requestBody": {"required": False, "content": {JSON: {"schema": CALL}, FORM: {"schema": CALL}}},
        "responses": {"200": receipt, **INVALID_RECORD, **shared(400, 401, 403, 413, 414, 415, 429, 500, 503)},
    }


def _batch() -> dict[str, Any]:
    records = {"type": "array", "items": ref("Record"), "minItems": 1, "maxItems": BATCH_RECORDS}
    # An atomic batch with a rejected record is answered with the results, other faults with the faults.
    refused = answer("Every fault at once; or the results of an atomic batch, of which nothing was written.")
    refused["content"] = {JSON: {"schema": {"oneOf": [ref("BatchFaults"), ref("BatchReceipt")]}}}
    return {
        "operationId": "putBatch",
        "summary": "Create or update up to 10,000 records in one transaction.",
        "tags": ["Records"],
        "security": SECURITY,
        "parameters": [
            CONFIGURATION,
            _query("atomic", FLAG, "Write nothing when a record is rejected."),
            DRY_RUN,
            IDEMPOTENCY_KEY,
            PREFER,
        ],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": records}, NDJSON: {"schema": {"type": "string"}}},
        },
        "responses": {
            "200": answer("Committed; a result for each record, in its order.", "BatchReceipt"),
            "422": refused,
            **shared(400, 401, 403, 413, 414, 415, 429, 500, 503),
        },
    }


PATHS = {
    "/records": {
        "put": _put("putRecord", "Create or update what one record describes."),
        "post": _put("postRecord", "The same as PUT, for callers that cannot send it."),
    },
    "/records/batch": {"post": _batch()},
}
