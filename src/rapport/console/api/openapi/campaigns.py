"""`/api/campaigns`, `/api/segments`, `/api/deliveries`, `/api/suppressions` and the reference's lists."""

from __future__ import annotations

from typing import Any

from rapport.campaigns.models import Campaign, Delivery
from rapport.campaigns.recipients import OPERATORS
from rapport.feedback.api.suppressions import SOURCES
from rapport.surveys.models import Suppression

from .configurations import IF_MATCH, PAGING
from .responses import answer, shared
from .schemas import COUNT, ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of, ref

JSON = "application/json"
READ, WRITE = "campaigns:read", "campaigns:write"
_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_NULLABLE_WHOLE: Schema = {"type": ["integer", "null"]}
_COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
_OBJECT: Schema = {"type": "object"}
_CONDITION: Schema = {
    "type": "object",
    "required": ["field"],
    "properties": {"field": TEXT, **{name: {} for name in OPERATORS}},
    "description": "A field and one condition.",
}
_CONDITIONS: Schema = {"type": "array", "items": _CONDITION, "minItems": 1, "maxItems": 50}
_RECIPIENTS: Schema = {
    "type": "object",
    "properties": {
        "all": {"const": True},
        "where": _CONDITIONS,
        "emails": {"type": "array", "items": TEXT, "minItems": 1},
        "segment": ID,
        "campaign": ID,
        "answered": {"type": "boolean"},
    },
    "additionalProperties": False,
    "minProperties": 1,
}
_TEXTS: Schema = {
    "type": "object",
    "description": "Language -> text in Markdown with merge tags.",
    "additionalProperties": closed({"subject": TEXT, "preheader": TEXT, "body": TEXT}, optional=("preheader",)),
}
_SENDER = closed({"name": TEXT, "address": TEXT, "reply_to": NULLABLE_TEXT}, optional=("name", "address", "reply_to"))
_DRAFT: Schema = {
    "name": {"type": "string", "minLength": 1, "maxLength": 128},
    "kind": one_of(*Campaign.Kind.values),
    "recipients": _RECIPIENTS,
    "survey": {**NULLABLE_TEXT, "description": "Reference; null: the system's default survey."},
    "messages": _TEXTS,
    "reminder_messages": _TEXTS,
    "sender": _SENDER,
    "server": {"type": ["string", "null"], "format": "uuid"},
    "reminders": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 60}, "maxItems": 2},
    "rest_days": _NULLABLE_WHOLE,
    "rate": {**_NULLABLE_WHOLE, "minimum": 1, "description": "Mails a minute."},
    "window": {"type": ["object", "null"]},
    "spread_hours": {"type": ["number", "null"], "minimum": 0, "maximum": 240},
}
_REST: Schema = {
    "id": ID,
    "state": one_of(*Campaign.State.values),
    "reason": NULLABLE_TEXT,
    "counts": {**_COUNTS, "description": "State of a delivery -> how many; they add up."},
    "skipped": {**_COUNTS, "description": "Reason -> how many were skipped for it."},
    "version": COUNT,
    "start_at": _NULLABLE_TIME,
    "created_at": TIME,
    "updated_at": TIME,
}
_DELIVERY = closed(
    {
        "id": ID,
        "campaign": ID,
        "wave": COUNT,
        "contact": ID,
        "survey_record": {"type": ["string", "null"], "format": "uuid"},
        "address": NULLABLE_TEXT,
        "state": one_of(*Delivery.State.values),
        "reason": NULLABLE_TEXT,
        "message_id": NULLABLE_TEXT,
        "tries": COUNT,
        "due_at": TIME,
        "sent_at": _NULLABLE_TIME,
        "updated_at": TIME,
    }
)
_PLAN = closed(
    {
        "plan": {**TEXT, "description": "The token that starts it, once, within an hour."},
        "expires_at": TIME,
        "chosen": COUNT,
        "send": COUNT,
        "skip": _COUNTS,
        "examples": {"type": "array", "items": _OBJECT},
        "unknown": {"type": "array", "items": TEXT, "description": "Addresses that no contact has."},
    },
    optional=("unknown",),
)
_SUPPRESSION = closed(
    {
        "id": ID,
        "list": one_of(*Suppression.List.values),
        "act": one_of(*Suppression.Act.values),
        "kind": one_of(*Suppression.Kind.values),
        "address": NULLABLE_TEXT,
        "source": TEXT,
        "reason": NULLABLE_TEXT,
        "proof": {"type": ["object", "null"]},
        "at": TIME,
        "active": {"type": "boolean", "description": "Whether it holds now."},
    }
)
_SUPPRESS: Schema = {
    "type": "object",
    "required": ["source"],
    "additionalProperties": False,
    "description": "One of email, phone and domain.",
    "properties": {"email": TEXT, "phone": TEXT, "domain": TEXT, "source": one_of(*SOURCES), "proof": {}},
}


def _page(of: Schema) -> Schema:
    return closed({"data": {"type": "array", "items": of}, "cursor": NULLABLE_TEXT})


SCHEMAS: dict[str, Schema] = {
    "NewCampaign": closed(_DRAFT, optional=tuple(_DRAFT.keys() - {"name", "kind", "recipients"})),
    "ChangedCampaign": closed(_DRAFT, optional=tuple(_DRAFT)),
    "Campaign": closed({**_DRAFT, **_REST}, optional=("messages", "reminder_messages")),
    "Plan": _PLAN,
    "Delivery": _DELIVERY,
    "Segment": closed({"id": ID, "name": TEXT, "where": _CONDITIONS, "version": COUNT}),
    "ChangedSegment": closed({"name": TEXT, "where": _CONDITIONS}, optional=("name", "where")),
    "Suppression": _SUPPRESSION,
}


def _content(schema: Schema) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema}}}


def _query(name: str, schema: Schema, told: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": told}


def _call(
    id: str,
    summary: str,
    scope: str,
    status: str,
    of: Schema | None,
    *more: int,
    body: Schema | None = None,
    **rest: Any,
) -> dict[str, Any]:
    success = {**answer(summary), **(_content(of) if of else {})}
    told = {
        "operationId": id,
        "summary": summary,
        "tags": ["Campaigns"],
        "security": [{"token": [scope]}],
        "responses": {status: success, **shared(400, 401, 403, 405, 500, 503, *more)},
        **rest,
    }
    return told | {"requestBody": {"required": True, **_content(body)}} if body else told


def _own(*more: Any) -> dict[str, Any]:
    id = {"name": "id", "in": "path", "required": True, "schema": ID, "description": "An id."}
    return {"parameters": [id, *more]}


_BODY = (413, 415, 422)
_REFUSED = {"404": answer("There is no such thing."), "409": answer("What it is now does not allow it.")}


def _act(name: str, summary: str, **rest: Any) -> dict[str, Any]:
    call = _call(f"{name}Campaign", summary, WRITE, "200", ref("Campaign"), *_BODY, **_own(), **rest)
    call["responses"] |= _REFUSED
    return {"post": call}


def _with(call: dict[str, Any], *codes: str) -> dict[str, Any]:
    call["responses"] |= {code: _REFUSED[code] for code in codes}
    return call


_TO_CAMPAIGN = closed({"campaign": ID})
PATHS: dict[str, Any] = {
    "/api/campaigns": {
        "get": _call(
            "listCampaigns", "Campaigns, oldest first.", READ, "200", _page(ref("Campaign")), 422,
            parameters=[_query("state", one_of(*Campaign.State.values), "Only those in this state."), *PAGING],
        ),
        "post": _call(
            "createCampaign", "A new draft; what is left out stands ready.", WRITE, "201", _TO_CAMPAIGN, *_BODY,
            body=ref("NewCampaign"),
        ),
    },
    "/api/campaigns/{id}": {
        "get": _with(_call("readCampaign", "One campaign.", READ, "200", ref("Campaign"), **_own()), "404"),
        "patch": _with(
            _call(
                "changeCampaign", "Some of a draft's parts.", WRITE, "200", ref("Campaign"), *_BODY, 412, 428,
                body=ref("ChangedCampaign"), **_own(IF_MATCH),
            ),
            "404", "409",
        ),
    },
    "/api/campaigns/{id}/plan": {
        "post": _with(
            _call("planCampaign", "The exact list and the token that starts it.", WRITE, "200", ref("Plan"), *_BODY,
                  **_own()),
            "404", "409",
        )
    },
    "/api/campaigns/{id}/start": {
        "post": _with(
            _call(
                "startCampaign", "Sends what was planned, now or at a time.", WRITE, "202", _TO_CAMPAIGN, *_BODY,
                body=closed({"plan": TEXT, "at": TIME}, optional=("at",)), **_own(),
            ),
            "404", "409",
        )
    },
    "/api/campaigns/{id}/pause": _act("pause", "Sends nothing more until it is resumed."),
    "/api/campaigns/{id}/resume": _act("resume", "Goes on."),
    "/api/campaigns/{id}/cancel": _act("cancel", "Sends nothing more, for good."),
    "/api/campaigns/{id}/send-again": {
        "post": _with(
            _call(
                "sendAgain", "Queues those in doubt or those that failed again.", WRITE, "200",
                closed({"queued": COUNT}), *_BODY,
                body=closed(
                    {"state": one_of("in doubt", "failed"), "deliveries": {"type": "array", "items": ID}},
                    optional=("deliveries",),
                ),
                **_own(),
            ),
            "404", "409",
        )
    },
    "/api/deliveries": {
        "get": _call(
            "listDeliveries", "The ledger of sending, oldest first.", READ, "200", _page(ref("Delivery")), 422,
            parameters=[
                _query("campaign", ID, "Only those of this campaign."),
                _query("contact", ID, "Only those to this contact."),
                _query("state", one_of(*Delivery.State.values), "Only those in this state."),
                *PAGING,
            ],
        )
    },
    "/api/recipients/count": {
        "post": _call(
            "countRecipients", "How many contacts recipients mean now.", READ, "200",
            closed({"count": COUNT, "exact": {"type": "boolean"}}), *_BODY, body=closed({"recipients": _RECIPIENTS}),
        )
    },
    "/api/segments": {
        "get": _call("listSegments", "Saved sets of conditions.", READ, "200", _page(ref("Segment")), 422,
                     parameters=PAGING),
        "post": _call("createSegment", "A new segment.", WRITE, "201", ref("Segment"), *_BODY,
                      body=ref("ChangedSegment")),
    },
    "/api/segments/{id}": {
        "get": _with(_call("readSegment", "One segment.", READ, "200", ref("Segment"), **_own()), "404"),
        "put": _with(
            _call("changeSegment", "Its name or conditions.", WRITE, "200", ref("Segment"), *_BODY, 412, 428,
                  body=ref("ChangedSegment"), **_own(IF_MATCH)),
            "404",
        ),
        "delete": _with(_call("removeSegment", "Removes it.", WRITE, "204", None, **_own()), "404", "409"),
    },
    "/api/suppressions": {
        "get": _call(
            "listSuppressions", "Who gets nothing, and why: the ledger, oldest first.", "suppressions:read", "200",
            _page(ref("Suppression")), 422,
            parameters=[_query("list", one_of(*Suppression.List.values), "Only those of this list."), *PAGING],
        ),
        "post": {
            **(made := _call(
                "suppress", "Suppresses an address, a number or a domain.", "suppressions:write", "201",
                ref("Suppression"), *_BODY, body=_SUPPRESS,
            )),
            "responses": {
                **made["responses"], "200": {**answer("It is suppressed already."), **_content(ref("Suppression"))}
            },
        },
    },
    "/api/suppressions/{id}/lift": {
        "post": _with(
            _call("liftSuppression", "Lifts it, with a reason.", "suppressions:write", "200",
                  closed({"lifted": {"type": "boolean"}}), *_BODY, body=closed({"reason": TEXT}), **_own()),
            "404",
        )
    },
    "/v4.1/lists/unsubscribe.json": {
        "get": _call("listUnsubscribed", "As the reference has it.", "suppressions:read", "200", _OBJECT),
        "post": _call("unsubscribe", "As the reference has it.", "suppressions:write", "200", _OBJECT,
                      parameters=[_query("email", TEXT, "The address; or in a form's body.")]),
    },
    "/v4.1/lists/bounce.json": {
        "get": _call("listBounced", "As the reference has it.", "suppressions:read", "200", _OBJECT)
    },
}  # fmt: skip
