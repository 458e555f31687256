"""Responses, statistics, alerts, exports, and the reference's feeds."""

from __future__ import annotations

from typing import Any

from rapport.feedback import sync
from rapport.feedback.statistics import GROUPS
from rapport.history.models import OBJECT_TYPES
from rapport.surveys.models import FollowUp, Response, Survey, SurveyRecord
from rapport.tenants.exports import MEDIA_TYPES
from rapport.tenants.query import DEFAULT_LIMIT, LIMITS

from .answered import ALERT, TYPE
from .asking import JSON
from .responses import answer, shared
from .schemas import ID, NULLABLE_TEXT, TEXT, Schema, one_of


def _query(name: str, description: str, schema: Schema = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


_LIMIT = _query(
    "limit", "Rows on a page.", {"type": "integer", "minimum": 1, "maximum": LIMITS[-1], "default": DEFAULT_LIMIT}
)
_CURSOR = _query("cursor", "The `cursor` of the page before, with the same other parameters.")
_TIMES = [
    _query("from", "Given (survey records, entries: made) at or after this time (ISO 8601, UTC without a zone)."),
    _query("to", "Before this time."),
]
_NARROW = [
    _query("touchpoint", "At this touchpoint; empty: at none."),
    _query("campaign", "Of this campaign.", ID),
    _query("account", "Of this account.", ID),
    _query("contact", "Of this contact.", ID),
    _query("survey", "Of this survey.", ID),
    _query("type", "From our surveys, or collected elsewhere.", TYPE),
    _query("channel", "By this channel.", one_of(*Response.Channel.values)),
    _query("follow_up", "Followed up so far.", one_of(*FollowUp.State.values)),
    _query("assignee", "Assigned to this member.", ID),
    _query("field", "With `value`: any field that answers are grouped by, such as `account.industry`."),
    _query("value", "What `field` must be; empty: nothing."),
]
_GROUP = _query("group", "With a score of this group.", one_of(*GROUPS))
_RECORDS = [
    _query("state", "In this state.", one_of(*SurveyRecord.State.values)),
    *(parameter for parameter in _NARROW if parameter["name"] in ("touchpoint", "campaign", "account", "contact")),
]
_SINCE = _query(
    "updated_since", "Changed at or after this time (ISO 8601, UTC without a zone), in the order of the changes."
)
_CHANGES = [
    _query("object", "Of the object with this id.", ID),
    _query("type", "Of this type of object.", one_of(*OBJECT_TYPES)),
    _query("cursor", "Entries behind this one."),
    _query("limit", "Without meaning here: all are sent.", {"type": "integer", "minimum": 1, "maximum": LIMITS[-1]}),
]
#: What can be exported -> its parameters.
_EXPORTS = {
    "contacts": [_SINCE],
    "accounts": [_SINCE],
    "activities": [],
    "survey-records": [*_RECORDS, *_TIMES],
    "responses": [_GROUP, *_NARROW, *_TIMES],
    "changes": [*_CHANGES, *_TIMES],
}
_BY_REFERENCE = [{"name": "reference", "in": "path", "required": True, "schema": TEXT}]
_BY_ID = [{"name": "id", "in": "path", "required": True, "schema": ID}]
_IF_MATCH = [{"name": "If-Match", "in": "header", "required": True, "schema": TEXT, "description": "The `ETag`."}]


def _operation(
    name: str,
    summary: str,
    scope: str,
    *parameters: dict[str, Any],
    schema: str = "",
    tag: str = "Answers",
    **more: Any,
) -> dict[str, Any]:
    statuses, status = more.pop("statuses", (401, 403, 405, 422, 500, 503)), more.pop("status", "200")
    success = more.pop("success", None) or answer("As it is now.", schema)
    return {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "security": [{"token": [scope]}],
        **({"parameters": list(parameters)} if parameters else {}),
        **more,
        "responses": {status: success, **shared(*statuses)},
    }


def _body(properties: dict[str, Schema], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _listed(schema: str) -> dict[str, Any]:
    page = answer("A page.", schema, {"X-Cursor": {"description": "The cursor of an NDJSON page.", "schema": TEXT}})
    page["content"][MEDIA_TYPES["ndjson"]] = {"schema": {"type": "string"}}
    return page


def _export(what: str, kind: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    file = {**answer("The file."), "content": {MEDIA_TYPES[kind]: {"schema": {"type": "string", "format": "binary"}}}}
    name = f"export{what.title().replace('-', '')}{kind.capitalize()}"
    summary = f"Export {what.replace('-', ' ')} as {kind.upper()}, streamed."
    return {"get": _operation(name, summary, "exports:read", *parameters, tag="Exports", success=file)}


def _feed(name: str, summary: str) -> dict[str, Any]:
    with_ = {"type": "array", "items": one_of(*sync.PARTS)}
    parameters = [
        _query("per_page", "Items on a page.", {"type": "integer", "minimum": 1, "maximum": LIMITS[-1]}),
        _query("cursor", "The `cursor.next` of the answer before; 0 at first.", {"type": "integer", "minimum": 0}),
        _query("with[]", "More of each item.", with_),
        _query("period[field]", "With start and end: which time.", one_of(*sync.PERIODS)),
        _query("period[start]", "From this day on.", {**TEXT, "format": "date"}),
        _query("period[end]", "To this day.", {**TEXT, "format": "date"}),
    ]
    return {"get": _operation(name, summary, "responses:read", *parameters, schema="Sync", tag="Sync")}


_WRITE = (400, 401, 403, 404, 405, 413, 415, 422, 500, 503)
_FOLLOW_UP = {"state": one_of(*FollowUp.State.values), "assignee": NULLABLE_TEXT, "note": TEXT}

PATHS: dict[str, Any] = {
    "/api/responses": {
        "get": _operation(
            "listResponses",
            "Read what was answered, here and elsewhere, in the order of entering.",
            "responses:read",
            _query("updated_since", "Changed at or after this time, in the order of the latest changes."),
            _GROUP,
            *_NARROW,
            *_TIMES,
            _CURSOR,
            _LIMIT,
            success=_listed("Responses"),
        )
    },
    "/api/responses/{id}": {
        "get": _operation(
            "showResponse",
            "Read a response with each of its pages and what was done about it.",
            "responses:read",
            *_BY_ID,
            schema="Answer",
            statuses=(401, 403, 404, 405, 500, 503),
        )
    },
    "/api/responses/{id}/follow-up": {
        "post": _operation(
            "followUp",
            "Move, assign or note a response; what is left out stays.",
            "responses:write",
            *_BY_ID,
            schema="Answer",
            statuses=_WRITE,
            requestBody=_body(_FOLLOW_UP, []),
        )
    },
    "/api/statistics/nps": {
        "get": _operation(
            "nps",
            "Read the Net Promoter Score with its 95 % interval, by groups, beside the period before.",
            "responses:read",
            _query("by", "Groups by this field, such as `touchpoint` or `contact.language`."),
            *_NARROW,
            *_TIMES,
            schema="Nps",
        )
    },
    "/api/surveys": {
        "get": _operation(
            "listSurveys", "Read what contacts are asked.", "surveys:read", _CURSOR, _LIMIT, schema="Surveys"
        ),
    },
    "/api/surveys/{reference}": {
        "get": _operation(
            "showSurvey",
            "Read a survey with its document.",
            "surveys:read",
            *_BY_REFERENCE,
            schema="SurveyDocument",
            statuses=(401, 403, 404, 405, 500, 503),
        ),
        "put": _operation(
            "saveSurvey",
            "Make a survey, or a new version of one, which needs If-Match.",
            "surveys:write",
            *_BY_REFERENCE,
            {**_IF_MATCH[0], "required": False},
            schema="Survey",
            statuses=(*_WRITE, 409, 412, 428),
            requestBody=_body({"document": {"type": "object"}, "state": one_of(*Survey.State.values)}, ["document"]),
        ),
    },
    "/api/alerts": {
        "get": _operation(
            "listAlerts",
            "Read which answers members are mailed about.",
            "responses:read",
            _CURSOR,
            _LIMIT,
            schema="Alerts",
        ),
        "post": _operation(
            "createAlert",
            "Make an alert.",
            "responses:write",
            schema="Alert",
            status="201",
            statuses=(400, 401, 403, 405, 413, 415, 422, 500, 503),
            requestBody=_body(ALERT, ["name", "users"]),
        ),
    },
    "/api/alerts/{id}": {
        "get": _operation(
            "showAlert",
            "Read an alert.",
            "responses:read",
            *_BY_ID,
            schema="Alert",
            statuses=(401, 403, 404, 405, 500, 503),
        ),
        "patch": _operation(
            "changeAlert",
            "Change what is given of an alert.",
            "responses:write",
            *_BY_ID,
            *_IF_MATCH,
            schema="Alert",
            statuses=(*_WRITE, 412, 428),
            requestBody=_body(ALERT, []),
        ),
        "delete": _operation(
            "removeAlert",
            "Remove an alert.",
            "responses:write",
            *_BY_ID,
            *_IF_MATCH,
            status="204",
            success=answer("It is gone."),
            statuses=(401, 403, 404, 405, 412, 428, 500, 503),
        ),
    },
    **{
        f"/api/exports/{what}.{kind}": _export(what, kind, parameters)
        for what, parameters in _EXPORTS.items()
        for kind in MEDIA_TYPES
    },
    "/v7/rest/sync/responses": _feed(
        "syncResponses", "Read responses in the reference's shape, each once, in the order of entering."
    ),
    "/v7/rest/sync/non-responses": _feed(
        "syncNonResponses", "Read survey records without an answer in the reference's shape."
    ),
}
#: Beside what `asking` describes of the same path.
LISTED = {
    "get": _operation(
        "listSurveyRecords",
        "Read survey records, oldest first.",
        "responses:read",
        *_RECORDS,
        *_TIMES,
        _CURSOR,
        _LIMIT,
        tag="Asking",
        success=_listed("SurveyRecords"),
    )
}
