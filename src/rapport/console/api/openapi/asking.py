"""`/api/survey-records`."""

from __future__ import annotations

from rapport.surveys.models import Response, SurveyRecord

from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref

JSON = "application/json"
_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_BY_ID = closed({"id": ID})

SCHEMAS: dict[str, Schema] = {
    "Response": closed(
        {
            "id": ID,
            "nps": {"type": ["integer", "null"], "minimum": 0, "maximum": 10},
            "comment": NULLABLE_TEXT,
            "answers": {"type": "object", "description": "Question id -> answer."},
            "language": TEXT,
            "channel": one_of(*Response.Channel.values),
            "survey_version": COUNT,
            "corrections": COUNT,
            "started_at": TIME,
            "answered_at": _NULLABLE_TIME,
            "updated_at": TIME,
        }
    ),
    "SurveyRecord": closed(
        {
            "id": ID,
            "number_customergauge": {"type": ["integer", "null"]},
            "state": one_of(*SurveyRecord.State.values),
            "link": {**TEXT, "format": "uri", "description": "Where it is answered."},
            "survey": {**NULLABLE_TEXT, "description": "Reference of the survey that it asks."},
            "survey_version": {"type": ["integer", "null"]},
            "contact": closed({"id": ID, "email": NULLABLE_TEXT, "phone": NULLABLE_TEXT}),
            "account": {"oneOf": [{"type": "null"}, _BY_ID]},
            "touchpoint": NULLABLE_TEXT,
            "origin": one_of(*SurveyRecord.Origin.values),
            "created_at": TIME,
            "sent_at": _NULLABLE_TIME,
            "started_at": _NULLABLE_TIME,
            "answered_at": _NULLABLE_TIME,
            "closes_at": TIME,
            "deliveries": {"type": "array", "items": {"type": "object"}},
            "answers": {"type": ["object", "null"], "description": "Question id -> answer."},
            "response": {"oneOf": [{"type": "null"}, ref("Response")]},
        }
    ),
}
_WHOM: Schema = {
    "type": "object",
    "description": "One of them.",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {"email": TEXT, "phone": TEXT, "id": ID},
}
_ASKED: Schema = {
    "type": "object",
    "required": ["contact"],
    "additionalProperties": False,
    "properties": {
        "contact": _WHOM,
        "survey": {**TEXT, "description": "Reference of a live survey; the default where it is left out."},
    },
}
_MADE = closed({"survey_record": ID, "link": {**TEXT, "format": "uri"}})

PATHS = {
    "/api/survey-records": {
        "post": {
            "operationId": "createSurveyRecord",
            "summary": "Ask a contact: makes a survey record with a link of its own; nothing is sent.",
            "tags": ["Asking"],
            "security": [{"token": ["responses:write"]}],
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": _ASKED, "example": {"contact": {"email": "ada@example.com"}}}},
            },
            "responses": {
                "201": {
                    **answer("Made."),
                    "content": {JSON: {"schema": _MADE}},
                },
                **shared(400, 401, 403, 405, 413, 415, 422, 500, 503),
            },
        }
    },
    "/api/survey-records/{id}": {
        "get": {
            "operationId": "showSurveyRecord",
            "summary": "Read a survey record: its state, its link, and the answer.",
            "tags": ["Asking"],
            "security": [{"token": ["responses:read"]}],
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": ID}],
            "responses": {
                "200": {**answer("The survey record."), "content": {JSON: {"schema": ref("SurveyRecord")}}},
                "404": {**answer("There is none."), "content": {JSON: {"schema": closed({"message": TEXT})}}},
                **shared(401, 403, 405, 500, 503),
            },
        }
    },
}
