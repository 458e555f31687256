"""`/api/configurations/{reference}/curl` and what else callers get for one configuration."""

from __future__ import annotations

from typing import Any

from .configurations import READ, TAG
from .responses import answer, shared
from .schemas import TEXT, Schema

REFERENCE = {"name": "reference", "in": "path", "required": True, "schema": TEXT}
OBJECT: Schema = {"type": "object"}


def _get(operation_id: str, summary: str, media_type: str, schema: Schema, *statuses: int) -> dict[str, Any]:
    return {
        "get": {
            "operationId": operation_id,
            "summary": summary,
            "tags": TAG,
            "security": READ,
            "parameters": [REFERENCE],
            "responses": {
                "200": {**answer(summary), "content": {media_type: {"schema": schema}}},
                **shared(401, 403, 404, 405, 500, 503, *statuses),
            },
        }
    }


_AT = "/api/configurations/{reference}"
_JSON = "application/json"
PATHS = {
    f"{_AT}/curl": _get("getCurl", "Calls that send a sample record, for a shell.", "text/plain", TEXT, 409),
    f"{_AT}/openapi.json": _get("getOpenapi", "OpenAPI with the configuration's own headings.", _JSON, OBJECT, 409),
    f"{_AT}/postman.json": _get("getPostman", "A collection for Postman, format v2.1.", _JSON, OBJECT, 409),
    f"{_AT}/sample.csv": _get("getSample", "The headings and two rows as a file.", "text/csv", TEXT),
    f"{_AT}/schema.json": _get("getSchema", "JSON Schema of a record.", _JSON, OBJECT),
}
