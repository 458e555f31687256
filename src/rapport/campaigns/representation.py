"""Campaigns, plans and deliveries as callers see them; inside the tenant's scope."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Sum

from rapport.records import keys
from rapport.surveys.models import Survey
from rapport.tenants.answers import moment
from rapport.tenants.models import Tenant

from . import automation, reasons
from .compose import messages
from .messages.letter import message_id
from .models import Campaign, CampaignCount, Delivery, Message, Segment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from rapport.surveys.models import SurveyRecord

    from .plans import Planned


def counts(row: Campaign) -> dict[str, int]:
    """State -> deliveries, all waves together; they add up."""
    found: Counter[str] = Counter()
    for state, number in (
        CampaignCount.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id)
        .values_list("state")
        .annotate(number=Sum("count"))
    ):
        found[state] += number
    return {state: found[state] for state in Delivery.State.values if found[state]}


def skips(row: Campaign) -> dict[str, int]:
    """Reason -> deliveries that were skipped for it."""
    rows = CampaignCount.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id, state=Delivery.State.SKIPPED)
    found = rows.values_list("reason").annotate(number=Sum("count"))
    return {reason: number for reason, number in found if number}


def campaign(row: Campaign, zone: ZoneInfo) -> dict[str, Any]:
    """A campaign with its counts."""
    survey = Survey.objects.filter(tenant_id=row.tenant_id, id=row.survey_id).first() if row.survey_id else None
    told = {
        name: getattr(row, name) for name in ("name", "mode", "kind", "state", "recipients", "reminders", "rest_days")
    }
    automated = row.mode == Campaign.Mode.AUTOMATED
    return {
        "id": str(row.id),
        **told,
        "survey": survey and survey.reference,
        "sender": {"name": row.sender_name, "address": row.sender_address, "reply_to": row.reply_to},
        "server": row.server_id and str(row.server_id),
        "rate": row.rate,
        "window": row.window,
        "spread_hours": row.spread_seconds / 3600,
        **(automation.represent(row) if automated else {}),
        "reason": reasons.sentence(row.reason, row.fact, zone) or None,
        "counts": counts(row),
        "skipped": skips(row),
        "version": row.version,
        "start_at": _time(row.start_at),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def with_messages(row: Campaign, zone: ZoneInfo) -> dict[str, Any]:
    """A campaign with its counts and its messages."""
    found = messages(row)
    return campaign(row, zone) | {
        "messages": _texts(found[Message.Part.FIRST]),
        "reminder_messages": _texts(found[Message.Part.REMINDER]),
    }


def _texts(rows: list[Message]) -> dict[str, dict[str, str]]:
    return {row.language: {name: getattr(row, name) for name in ("subject", "preheader", "body")} for row in rows}


def plan(made: Planned) -> dict[str, Any]:
    """A plan with its token, which is nowhere else."""
    row = made.plan
    told: dict[str, Any] = {
        "plan": made.token,
        "expires_at": moment(row.expires_at),
        "chosen": row.chosen,
        "send": row.send,
        "skip": row.skip,
        "examples": row.examples,
    }
    if row.looked is not None:
        told["looked"] = row.looked
    return told | {"unknown": made.unknown} if made.unknown else told


def deliveries(tenant_id: int, rows: Collection[Delivery]) -> list[dict[str, Any]]:
    """Deliveries of any campaigns, inside the tenant's scope."""
    zone = ZoneInfo(Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id))
    own = Campaign.objects.filter(tenant_id=tenant_id, id__in={row.campaign_id for row in rows})
    senders = dict(own.values_list("id", "sender_address"))
    return [delivery(row, senders[row.campaign_id], zone) for row in rows]


def of_survey_record(row: SurveyRecord) -> list[dict[str, Any]]:
    """The deliveries for a survey record, oldest first. Index: deliveries' unique key."""
    found = Delivery.objects.filter(tenant_id=row.tenant_id, contact_id=row.contact_id, survey_record_id=row.id)
    return deliveries(row.tenant_id, list(found.order_by("id")))


def delivery(row: Delivery, sender: str, zone: ZoneInfo) -> dict[str, Any]:
    """A delivery with its reason in a sentence; `sender` is its campaign's address."""
    return {
        "id": str(row.id),
        "campaign": str(row.campaign_id),
        "wave": row.wave,
        "contact": str(row.contact_id),
        "survey_record": row.survey_record_id and str(row.survey_record_id),
        "address": row.address,
        "state": row.state,
        "reason": reasons.sentence(row.reason, row.fact, zone) or None,
        "message_id": message_id(row.id, keys.mailbox(sender)) if row.address else None,
        "tries": row.tries,
        "due_at": moment(row.due_at),
        "sent_at": _time(row.sent_at),
        "updated_at": moment(row.updated_at),
    }


def segment(row: Segment) -> dict[str, Any]:
    """A saved set of conditions."""
    return {"id": str(row.id), "name": row.name, "where": row.conditions, "version": row.version}


def _time(value: datetime | None) -> str | None:
    return moment(value) if value else None
