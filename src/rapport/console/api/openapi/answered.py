"""The shapes of responses, statistics, alerts, and of the reference's feeds."""

from __future__ import annotations

from rapport.feedback.statistics import GROUPS
from rapport.surveys.models import FollowUp, Response, Survey, SurveyRecord

from .schemas import COUNT, ID, NULLABLE_ID, NULLABLE_TEXT, TEXT, TEXTS, TIME, Schema, closed, one_of, ref

_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_NULLABLE_COUNT: Schema = {"type": ["integer", "null"]}
_NULLABLE_NUMBER: Schema = {"type": ["number", "null"]}
_VALUES: Schema = {"type": "object", "description": "Technical name -> value."}
TYPE = one_of("response", "external_response")


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [{"type": "null"}, schema]}


_RESPONSE = {
    "id": ID,
    "type": TYPE,
    "number_customergauge": _NULLABLE_COUNT,
    "nps": {"type": ["integer", "null"], "minimum": 0, "maximum": 10},
    "group": {"enum": [*GROUPS, None]},
    "comment": NULLABLE_TEXT,
    "drivers": TEXTS,
    "answers": _list(closed({"question": TEXT, "kind": TEXT, "answer": TEXT})),
    "follow_up_request": {"type": ["boolean", "null"]},
    "touchpoint": NULLABLE_TEXT,
    "campaign": NULLABLE_ID,
    "survey": _or_null(closed({"id": ID, "version": COUNT})),
    "survey_record": NULLABLE_ID,
    "contact": _or_null(closed({"id": ID, "name": TEXT, "email": NULLABLE_TEXT})),
    "account": _or_null(closed({"id": ID, "name": TEXT})),
    "language": NULLABLE_TEXT,
    "channel": {"enum": [*Response.Channel.values, None]},
    "attributes": _VALUES,
    "sent_at": _NULLABLE_TIME,
    "answered_at": TIME,
    "corrections": COUNT,
    "follow_up": closed({"state": one_of(*FollowUp.State.values), "assignee": NULLABLE_ID}),
    "created_at": TIME,
    "updated_at": TIME,
}
_PAGE = closed(
    {
        "page": TEXT,
        "content": {"type": "object", "description": "Question id -> answer."},
        "survey_version": COUNT,
        "language": TEXT,
        "device": TEXT,
        "opened_at": TIME,
        "arrived_at": TIME,
    }
)
_NOTE = closed(
    {
        "at": TIME,
        "author": closed({"type": TEXT, "id": NULLABLE_ID, "name": TEXT}),
        "state": {"enum": [*FollowUp.State.values, None]},
        "assignee": {**NULLABLE_TEXT, "description": "Who has it from then on; empty: nobody; null: as before."},
        "note": TEXT,
    }
)
_SCORE = {
    "score": {**_NULLABLE_NUMBER, "minimum": -100, "maximum": 100},
    "n": COUNT,
    "interval": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "promoters": COUNT,
    "passives": COUNT,
    "detractors": COUNT,
}
_SURVEY: dict[str, Schema] = {
    "id": ID,
    "reference": TEXT,
    "name": TEXT,
    "state": one_of(*Survey.State.values),
    "default": {"type": "boolean"},
    "version": COUNT,
    "updated_at": TIME,
}
ALERT: dict[str, Schema] = {
    "name": TEXT,
    "active": {"type": "boolean"},
    "score_groups": _list(one_of(*GROUPS)),
    "touchpoint": NULLABLE_TEXT,
    "account": NULLABLE_ID,
    "field": NULLABLE_TEXT,
    "value": NULLABLE_TEXT,
    "follow_up_request": {"type": "boolean"},
    "users": _list(ID),
}
_LOCAL: Schema = {**NULLABLE_TEXT, "description": "`YYYY-MM-DD HH:MM:SS` in the system's zone."}
_PAIR = closed({"field": TEXT, "reference": TEXT})
_ITEM: Schema = {
    "type": "object",
    "description": "As the reference names it; always there, null where empty.",
    "properties": {
        "number_customergauge": _NULLABLE_COUNT,
        "number_customer": NULLABLE_TEXT,
        "contact": closed({"first_name": NULLABLE_TEXT, "last_name": NULLABLE_TEXT}),
        "account": closed({"name": NULLABLE_TEXT}),
        "email": NULLABLE_TEXT,
        "phone": NULLABLE_TEXT,
        **dict.fromkeys(("date_creation", "date_order", "date_email_sent", "date_survey_response"), _LOCAL),
        "custom_fields": _list(_PAIR),
        "nps": _NULLABLE_COUNT,
        "comment": NULLABLE_TEXT,
        "touchpoint": NULLABLE_TEXT,
        "drivers": _list(closed({"label": TEXT})),
        "tags": _list({"type": "object"}),
        "questions": _list(closed({"question": TEXT, "answer": TEXT})),
        "properties": _list(_PAIR),
    },
}
SCHEMAS: dict[str, Schema] = {
    "AnswerRow": closed(_RESPONSE),
    "Answer": closed({**_RESPONSE, "pages": _list(_PAGE), "notes": _list(_NOTE)}),
    "Responses": closed({"data": _list(ref("AnswerRow")), "cursor": NULLABLE_TEXT}),
    "SurveyRecordRow": closed(
        {
            "id": ID,
            "number_customergauge": _NULLABLE_COUNT,
            "state": one_of(*SurveyRecord.State.values),
            "contact": closed({"id": ID}),
            "account": _or_null(closed({"id": ID})),
            "survey": _or_null(closed({"id": ID, "version": _NULLABLE_COUNT})),
            "campaign": NULLABLE_ID,
            "touchpoint": NULLABLE_TEXT,
            "origin": one_of(*SurveyRecord.Origin.values),
            "attributes": _VALUES,
            "created_at": TIME,
            "order_date": _NULLABLE_TIME,
            "sent_at": _NULLABLE_TIME,
            "started_at": _NULLABLE_TIME,
            "answered_at": _NULLABLE_TIME,
            "closes_at": TIME,
        }
    ),
    "SurveyRecords": closed({"data": _list(ref("SurveyRecordRow")), "cursor": NULLABLE_TEXT}),
    "Nps": {
        **closed(
            {
                **_SCORE,
                "answers": {**COUNT, "description": "With those that have no score."},
                "distribution": {"type": "object", "additionalProperties": COUNT},
                "before": _or_null(closed(_SCORE)),
                "groups": _list(closed({"value": NULLABLE_TEXT, "label": NULLABLE_TEXT, "answers": COUNT, **_SCORE})),
            }
        ),
        "required": [*_SCORE, "answers", "distribution", "before"],
    },
    "Survey": closed(_SURVEY),
    "Surveys": closed({"data": _list(ref("Survey")), "cursor": NULLABLE_TEXT}),
    "SurveyDocument": closed({**_SURVEY, "document": {"type": "object"}}),
    "Alert": closed({"id": ID, **ALERT, "version": COUNT}),
    "Alerts": closed({"data": _list(ref("Alert")), "cursor": NULLABLE_TEXT}),
    "Sync": closed({"data": _list(_ITEM), "cursor": closed({"next": COUNT})}),
}
