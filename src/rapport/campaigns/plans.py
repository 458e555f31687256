"""Plans and starts campaigns: nothing is sent that was not seen (law 6). Inside the tenant's scope."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from rapport.records.errors import Invalid
from rapport.records.values import DATE_TIME
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.scope import bound

from . import acts, addresses, asked, choosing, examples, recipients, rehearsing, servers, taking, texts
from . import secrets as sealed
from .errors import FaultsError, MovedError, StateError
from .models import Campaign, Delivery, Message, Plan, SendingRules, SmtpServer
from .models.deliveries import WAITING

#: How long a plan can be started.
KEPT = timedelta(hours=1)
#: How long ago a beginning may be, and how far ahead.
LATE, AHEAD = timedelta(hours=1), timedelta(days=366)
_DIGEST = 16


class Planned(NamedTuple):
    """A plan as its maker sees it: the token is nowhere else."""

    token: str
    plan: Plan
    unknown: list[str]
    #: Deliveries of an automated campaign that are there since before its edit and go out with its activation.
    waits: int = 0
    #: What keeps it from being started.
    lacking: Sequence[str] = ()


def plan(campaign: Campaign, author: Author) -> Planned:
    """Chooses the recipients anew; of an automated one it only rehearses that. Raises `StateError`, `FaultsError`."""
    row = Campaign.objects.select_for_update().get(tenant_id=campaign.tenant_id, id=campaign.id)
    if row.state not in Campaign.OPEN:
        raise StateError(_over(row))
    _check_ready(row)
    moment = datetime.now(UTC)
    automated = row.mode == Campaign.Mode.AUTOMATED
    counts, shown, looked = rehearsing.rehearse(row, moment) if automated else _chosen(row, moment)
    token = secrets.token_urlsafe(32)
    skip = {reason: number for (state, reason), number in counts.items() if state == Delivery.State.SKIPPED}
    send = counts.get((Delivery.State.QUEUED, ""), 0)
    made = Plan(
        tenant_id=row.tenant_id,
        campaign_id=row.id,
        hash=digest(token),
        made_at=moment,
        expires_at=moment + KEPT,
        seen=seen(row),
        chosen=send + sum(skip.values()),
        send=send,
        skip=skip,
        examples=shown,
        looked=looked,
        started_at=None,
    )
    Plan.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id).delete()
    made.save(force_insert=True)
    Campaign.objects.filter(tenant_id=row.tenant_id, id=row.id).update(state=Campaign.State.PLANNED, updated_at=Now())
    details = {"chosen": made.chosen, "send": send}
    audit.note(row.tenant_id, author, "campaign.plan", audit.Object(row.id, row.name), details)
    unknown = recipients.unknown_addresses(
        row.tenant_id, row.recipients, lambda found: choosing.known_keys(row.tenant_id, found)
    )
    waits = Delivery.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id, state__in=WAITING).count()
    return Planned(token, made, unknown, waits if automated else 0, lacking(row))


def _chosen(row: Campaign, moment: datetime) -> rehearsing.Rehearsed:
    counts = choosing.choose(row, moment)
    return rehearsing.Rehearsed(counts, examples.of(row, row.id), None)


def _check_ready(row: Campaign) -> None:
    faults: dict[str, list[str]] = {}
    rules = SendingRules.objects.filter(tenant_id=row.tenant_id).first()
    if rules:
        _fill(row, rules)
    if not row.sender_address:
        faults["sender"] = ["The sender needs an address: name one here, or in the settings of campaigns."]
    if row.kind in asked.ASKING and asked.survey(row) is None:
        faults["survey"] = ["There is no live survey to ask: choose one."]
    faults |= texts.link_faults(row)
    if faults:
        raise FaultsError(faults)


def _fill(row: Campaign, rules: SendingRules) -> None:
    """Takes over what the campaign does not say; the system's server, where the service has none."""
    row.sender_name = row.sender_name or rules.sender_name
    row.sender_address = row.sender_address or rules.sender_address
    if row.server_id is None and settings.RAPPORT.mail_url is None:
        row.server_id = rules.server_id
    row.save(update_fields=("sender_name", "sender_address", "server_id"))


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def seen(row: Campaign) -> dict[str, str]:
    """What a plan's maker saw, a digest each, by the name that says what was changed."""
    tenant_id = row.tenant_id
    survey, rules = asked.survey(row), SendingRules.objects.filter(tenant_id=tenant_id).first()
    server = row.server_id and SmtpServer.objects.filter(tenant_id=tenant_id, id=row.server_id).first()
    messages = Message.objects.filter(tenant_id=tenant_id, campaign_id=row.id).order_by("part", "language")
    return {
        "the campaign": _told(
            row.version,
            row.recipients,
            row.rate,
            row.window,
            row.spread_seconds,
            row.reminders,
            row.delay_seconds,
            row.by_order_date,
            row.priority,
        ),
        "its messages": _told(*messages.values_list("part", "language", "subject", "preheader", "body")),
        "the survey": _told(survey and str(survey.id), survey and survey.version),
        "the sender": _told(
            row.sender_name, row.sender_address, row.reply_to, str(row.server_id), server and server.version
        ),
        "the rest rule": _told(choosing.rest_days(row, rules), rules and rules.rest_fields),
    }


def _told(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, default=list, sort_keys=True).encode()).hexdigest()[:_DIGEST]


def beginning(given: Any, zone: ZoneInfo) -> datetime | None:
    """When a campaign is to begin; without an offset in the system's `zone`, as records are read.

    Raises `FaultsError`.
    """
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(DATE_TIME.read(given.strip(), zone).value)
    except (AttributeError, Invalid, ValueError, OverflowError):
        raise FaultsError({"at": ["The at must be a time in ISO 8601."]}) from None
    if not -LATE < found - datetime.now(UTC) < AHEAD:
        raise FaultsError({"at": ["The at must be within a year from now."]})
    return found


def start(tenant_id: int, campaign: Campaign, token: str, author: Author, at: datetime | None = None) -> Campaign:
    """Starts what was planned, now or `at`; a repeat does nothing. Raises `StateError`, `MovedError`."""
    row = Campaign.objects.select_for_update().get(tenant_id=tenant_id, id=campaign.id)
    if at is not None and row.mode == Campaign.Mode.AUTOMATED:
        raise FaultsError({"at": ["An automated campaign is activated at once, not at a time."]})
    made = Plan.objects.filter(tenant_id=tenant_id, campaign_id=row.id, hash=digest(token)).first()
    if made is None:
        raise StateError("That is not the token of this campaign's last plan. Plan it again.")
    if made.started_at is not None:
        return row
    now = datetime.now(UTC)
    _check_plan(row, made, now)
    begin = max(at or now, now)
    if row.spread_seconds or begin > now:
        _schedule(row, begin)
    Plan.objects.filter(tenant_id=tenant_id, campaign_id=row.id).update(started_at=now)
    if row.mode == Campaign.Mode.AUTOMATED:
        row.after_seq = taking.head(tenant_id)
        Campaign.objects.filter(tenant_id=tenant_id, id=row.id).update(**acts.past(row))
    elif recipients.is_of_records(row.recipients):
        taking.assign(row)
    row.state, row.start_at, row.started_at, row.waves = Campaign.State.RUNNING, begin, now, 1
    row.save(update_fields=("state", "start_at", "started_at", "waves", "after_seq"))
    details: Mapping[str, Any] = {"send": made.send, "at": begin.isoformat()}
    audit.note(tenant_id, author, "campaign.start", audit.Object(row.id, row.name), dict(details))
    return row


def _check_plan(row: Campaign, made: Plan, now: datetime) -> None:
    if row.state not in Campaign.OPEN:
        raise StateError(_over(row))
    changed = [name for name, told in seen(row).items() if made.seen.get(name) != told]
    if changed:
        raise MovedError(changed)
    if made.expires_at <= now:
        raise StateError("The plan is older than an hour. Plan it again.")
    if told := lacking(row):
        raise StateError(" ".join(told))


def _over(row: Campaign) -> str:
    """Why a campaign can be neither planned nor started any more."""
    cancelled = row.state == Campaign.State.CANCELLED
    return f"The campaign has been {'cancelled' if cancelled else 'started'}."


def lacking(row: Campaign) -> list[str]:
    """What keeps it from being sent and is not its own: a sentence each, that says who can mend it."""
    told = []
    for look in (addresses.public_url, lambda: servers.endpoint(row.tenant_id, row.server_id)):
        try:
            look()
        except (addresses.NoAddressError, servers.NoServerError, sealed.SealedError) as fault:
            told.append(str(fault))
    return told


def _schedule(row: Campaign, begin: datetime) -> None:
    """Gives the queued each a moment of their own, evenly from `begin` on; one statement, its counts with it."""
    bound(choosing.CHOOSING)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with placed as (
                select id, (row_number() over (order by id) - 1)::float8 / count(*) over () as share from deliveries
                where tenant_id = %(tenant)s and campaign_id = %(campaign)s and state = 'queued'
            ), moved as (
                update deliveries d
                set state = 'scheduled', updated_at = now(),
                    due_at = %(begin)s + make_interval(secs => p.share * %(span)s)
                from placed p where d.tenant_id = %(tenant)s and d.id = p.id
            )
            update campaign_counts set state = 'scheduled'
            where tenant_id = %(tenant)s and campaign_id = %(campaign)s and state = 'queued'
            """,
            {
                "tenant": row.tenant_id,
                "campaign": row.id,
                "begin": begin,
                "span": row.spread_seconds,
            },
        )
