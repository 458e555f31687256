"""What is told and taken of campaigns, segments, deliveries and suppressions."""

from __future__ import annotations

from rapport.campaigns import transport
from rapport.campaigns.conditions import OPERATORS
from rapport.campaigns.models import BounceReport, Campaign, Delivery
from rapport.feedback.api.suppressions import SOURCES
from rapport.surveys.models import Suppression

from .schemas import COUNT, ID, NULLABLE_TEXT, TEXT, TIME, Schema, closed, one_of

_NULLABLE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_NULLABLE_WHOLE: Schema = {"type": ["integer", "null"]}
_COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
OBJECT: Schema = {"type": "object"}
_CONDITION: Schema = {
    "type": "object",
    "required": ["field"],
    "properties": {"field": TEXT, **{name: {} for name in OPERATORS}},
    "description": "A field and one condition.",
}
_CONDITIONS: Schema = {"type": "array", "items": _CONDITION, "minItems": 1, "maxItems": 50}
RECIPIENTS: Schema = {
    "type": "object",
    "properties": {
        "all": {"const": True},
        "where": _CONDITIONS,
        "emails": {"type": "array", "items": TEXT, "minItems": 1},
        "segment": ID,
        "campaign": ID,
        "answered": {"type": "boolean"},
        "waiting": closed({"days": {"type": "integer", "minimum": 1, "maximum": 90}}),
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
_AUTOMATED: Schema = {
    "priority": {"type": "integer", "minimum": 1, "maximum": 10_000, "description": "The first that matches takes it."},
    "delay_hours": {"type": ["number", "null"], "minimum": 0, "maximum": 2_160},
    "by_order_date": {"type": "boolean", "description": "Whether the delay counts from the Order Date."},
}
_DRAFT: Schema = {
    "mode": one_of(*Campaign.Mode.values),
    "name": {"type": "string", "minLength": 1, "maxLength": 128},
    "kind": one_of(*Campaign.Kind.values),
    "recipients": RECIPIENTS,
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
_GIVEN = _DRAFT | _AUTOMATED
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
        "examples": {"type": "array", "items": OBJECT},
        "unknown": {"type": "array", "items": TEXT, "description": "Addresses that no contact has."},
        "looked": {**COUNT, "description": "Survey records that the rehearsal of an automated one looked at."},
    },
    optional=("unknown", "looked"),
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
_BOUNCE = closed(
    {
        "id": ID,
        "at": TIME,
        "kind": one_of(*BounceReport.Kind.values),
        "source": one_of(*BounceReport.Source.values),
        "address": NULLABLE_TEXT,
        "said": {**TEXT, "description": "What the other server gave as its reason."},
        "open": {"type": "boolean", "description": "Whether somebody should look at it still."},
        **{name: {"type": ["string", "null"], "format": "uuid"} for name in ("delivery", "campaign", "contact")},
    }
)
DAY: Schema = {"type": "string", "format": "date"}
_SUMS: dict[str, Schema] = {
    **dict.fromkeys((*transport.LABELS, "fetched", "answered"), COUNT),
    "skipped": {"type": "object", "description": "Reason -> how many.", "additionalProperties": COUNT},
}
TRANSPORT = closed(
    {
        "totals": closed(_SUMS),
        "data": {"type": "array", "items": closed({"campaign": ID, "message": TEXT, "day": DAY, **_SUMS})},
    }
)
DOMAIN = closed(
    {
        "domain": TEXT,
        "findings": {
            "type": "array",
            "items": closed(
                {"name": TEXT, "state": one_of("good", "poor", "bad", "open"), "told": TEXT, "record": NULLABLE_TEXT}
            ),
        },
        "verdict": {"type": "array", "items": TEXT},
    }
)
SUPPRESS: Schema = {
    "type": "object",
    "required": ["source"],
    "additionalProperties": False,
    "description": "One of email, phone and domain.",
    "properties": {"email": TEXT, "phone": TEXT, "domain": TEXT, "source": one_of(*SOURCES), "proof": {}},
}


def page(of: Schema) -> Schema:
    """A page of a list, with the cursor to go on from."""
    return closed({"data": {"type": "array", "items": of}, "cursor": NULLABLE_TEXT})


SCHEMAS: dict[str, Schema] = {
    "NewCampaign": closed(_GIVEN, optional=tuple(_GIVEN.keys() - {"name", "recipients"})),
    "ChangedCampaign": closed(_GIVEN, optional=tuple(_GIVEN)),
    "Campaign": closed(
        {
            **_GIVEN,
            **_REST,
            "is_default": {"type": "boolean", "description": "Whether it has no filter and comes last."},
        },
        optional=("messages", "reminder_messages", "is_default", *_AUTOMATED),
    ),
    "Plan": _PLAN,
    "Delivery": _DELIVERY,
    "Segment": closed({"id": ID, "name": TEXT, "where": _CONDITIONS, "version": COUNT}),
    "ChangedSegment": closed({"name": TEXT, "where": _CONDITIONS}, optional=("name", "where")),
    "Suppression": _SUPPRESSION,
    "Bounce": _BOUNCE,
}
