"""`/api/imports`."""

from __future__ import annotations

from typing import Any

from rapport.imports.acts import ACTS
from rapport.imports.models import COUNTS, Import
from rapport.imports.reading.readings import CHOICES

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TEXTS, TIME, Schema, closed, one_of

_SECURITY = [{"token": ["imports:write"]}]
_NUMBER: Schema = {"type": ["number", "null"], "minimum": 0}
_NULLABLE_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_FAULT = closed({"heading": NULLABLE_TEXT, "value": NULLABLE_TEXT, "sentence": TEXT})
_FAULTY: Schema = {"type": "array", "items": _FAULT}
_COUNTS: Schema = dict.fromkeys(("read", *COUNTS), COUNT)

SCHEMAS: dict[str, Schema] = {
    "Import": closed(
        {
            "import": ID,
            "name": TEXT,
            "state": one_of(*Import.State.values),
            "reason": {**NULLABLE_TEXT, "description": "Why it waits or failed."},
            "dry_run": {"type": "boolean"},
            "configuration": {**NULLABLE_TEXT, "description": "Its reference."},
            "packed": {**TEXTS, "description": "What the file came in: `gzip`, `zip`, `workbook`."},
            "format": one_of("csv", "ndjson", None),
            "encoding": NULLABLE_TEXT,
            "delimiter": NULLABLE_TEXT,
            "headings": TEXTS,
            "unmapped": {**TEXTS, "description": "Headings that fill no field."},
            "notes": {**TEXTS, "description": "What a person should know."},
            "readings": {
                "type": "array",
                "description": "Where the encoding is in doubt: some lines in those that are likely.",
                "items": closed({"encoding": one_of(*CHOICES), "lines": TEXTS}),
            },
            "size": {**COUNT, "description": "Bytes that were sent."},
            "bytes": {**_NULLABLE_COUNT, "description": "Bytes unpacked."},
            "bytes_done": COUNT,
            "rows_per_second": _NUMBER,
            "seconds_left": _NULLABLE_COUNT,
            **_COUNTS,
            "reasons": {
                "type": "array",
                "description": "The first rejected rows.",
                "items": closed({"row": COUNT, "line": COUNT, "last_line": COUNT, "faults": _FAULTY}),
            },
            "rehearsal": {"oneOf": [{"type": "null"}, closed(_COUNTS)], "description": "The dry run before."},
            "first_change": {**_NULLABLE_COUNT, "description": "The first entry of the ledger that it made."},
            "last_change": _NULLABLE_COUNT,
            "received_at": TIME,
            "started_at": _NULLABLE_TIME,
            "ended_at": _NULLABLE_TIME,
        }
    ),
    "ImportRows": closed(
        {
            "data": {
                "type": "array",
                "items": closed(
                    {
                        "row": COUNT,
                        "line": COUNT,
                        "outcome": one_of(*COUNTS),
                        "record": {**NULLABLE_ID, "description": "As the request history and the ledger name it."},
                        "faults": _FAULTY,
                    },
                    ("faults",),
                ),
            },
            "cursor": NULLABLE_TEXT,
        }
    ),
}


def _query(name: str, description: str, schema: Schema = TEXT, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


_BY_ID = {"name": "id", "in": "path", "required": True, "schema": ID}
_DRY_RUN = _query("dry_run", "Say what would become of each row, and write nothing.", one_of("true", "false", "1", "0"))
_ENCODING = _query("encoding", "What it is read in, whatever it looks like.", one_of(*CHOICES))
_BINARY: Schema = {"type": "string", "format": "binary"}


def _operation(id: str, summary: str, answers: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": id,
        "summary": summary,
        "tags": ["Imports"],
        "security": _SECURITY,
        "parameters": list(parameters),
        "responses": answers,
    }


def _act(act: str) -> dict[str, Any]:
    parameters = (_BY_ID, _DRY_RUN, _ENCODING) if act == "start" else (_BY_ID,)
    answers = {"200": answer("The import as it is now.", "Import"), **shared(401, 403, 404, 405, 409, 422, 500, 503)}
    summary = f"{act.capitalize()} an import; once more does no harm."
    return {"post": _operation(f"{act}Import", summary, answers, *parameters)}


PATHS = {
    "/api/imports": {
        "post": {
            **_operation(
                "createImport",
                "Import a file: the body, of any size, is streamed.",
                {
                    "201": {
                        **answer("Received.", headers={"Location": {"schema": TEXT}}),
                        "content": {
                            "application/json": {
                                "schema": closed({"import": ID, "state": one_of(*Import.State.values)})
                            }
                        },
                    },
                    **shared(400, 401, 403, 405, 408, 411, 413, 414, 415, 422, 500, 503, 507),
                },
                _query("configuration", "Reference of the configuration that maps it.", required=True),
                _query("name", "What the file is called."),
                _query("start", "Whether it runs on after checking.", one_of("auto", "manual")),
                _DRY_RUN,
                _ENCODING,
            ),
            "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BINARY}}},
        }
    },
    "/api/imports/{id}": {
        "get": _operation(
            "showImport",
            "Follow an import.",
            {"200": answer("The import.", "Import"), **shared(401, 403, 404, 405, 500, 503)},
            _BY_ID,
        )
    },
    "/api/imports/{id}/failed": {
        "get": _operation(
            "listFailedRows",
            "The rejected rows as they came, with the reason in a column ahead.",
            {
                "200": {
                    **answer("A file to mend and send again."),
                    "content": {"text/csv": {"schema": TEXT}, "application/x-ndjson": {"schema": TEXT}},
                },
                **shared(401, 403, 404, 405, 500, 503),
            },
            _BY_ID,
        )
    },
    "/api/imports/{id}/rows": {
        "get": _operation(
            "listImportRows",
            "What became of each row, in order.",
            {"200": answer("A page of rows.", "ImportRows"), **shared(401, 403, 404, 405, 422, 500, 503)},
            _BY_ID,
            _query("outcome", "Only these.", one_of(*COUNTS)),
            _query("cursor", "Where the page before ended."),
            _query("limit", "Rows of a page.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
        )
    },
    **{f"/api/imports/{{id}}/{act}": _act(act) for act in ACTS},
}
