"""Automated campaigns take survey records as they arrive: in the ledger's order, each offered once, first match wins.

The order of the ledger has no gaps and is that of commits, so that no survey record is missed or offered twice, whoever
is killed meanwhile. What nothing takes stays `queued` and waits for a person.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, connection, transaction

from rapport.db import tenancy
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch

from . import conditions, recipients
from .acts import SLOT
from .errors import StateError
from .models import Campaign

#: Entries of the ledger that are offered at once.
TOGETHER = 500
#: So often in one request.
CATCHING_UP = 20
#: Whoever pauses, edits or cancels one waits, and the other way round; senders do not.
_CAMPAIGNS = """
select from campaigns where tenant_id = %s and mode = 'automated' and state in ('running', 'paused')
order by id for share"""
_HEAD = "select seq from taking_heads where tenant_id = %s for update"
#: What comes next, and whether a campaign may take it: what a replay or an undo made waits. Index: feed_entries_pkey,
#: changes_pkey.
_NEXT = """
select f.seq, f.object_id, e.actor_type not in ('replay', 'undo') from feed_entries f
join changes e on e.tenant_id = f.tenant_id and e.seq = f.seq
where f.tenant_id = %s and f.feed = 'non-responses' and f.seq > %s
order by f.seq limit %s
"""
#: The campaign's own survey, unless the survey record has one. `= any (ids)` holds the planner to look-ups by key.
_TAKE = """
update survey_records s
set campaign_id = %s, survey_id = coalesce(s.survey_id, %s)
from contacts c
left join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id
where s.tenant_id = %s and s.id = any (%s) and c.tenant_id = s.tenant_id and c.id = s.contact_id
  and s.campaign_id is null and s.state = 'queued' and {mailed} and {condition}
returning s.id
"""
_MAKE = """
with made as (
    insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, subject_id, survey_record_id, address,
                            address_key, language, zone, state, reason, due_at, claim, tries, updated_at)
    select s.tenant_id, uuidv7(), %(campaign)s, w.wave, c.id, s.id, s.id, c.email, k.key, c.language, {zone},
           case when k.key is null then 'skipped' when w.wave > 0 or v.due > %(now)s then 'scheduled' else 'queued' end,
           case when k.key is null then 'no_email' end,
           v.due + make_interval(days => w.days), 0, 0, %(now)s
    from survey_records s
    join contacts c on c.tenant_id = s.tenant_id and c.id = s.contact_id
    cross join lateral (
        select greatest(%(now)s, case when %(by_order_date)s then coalesce(s.order_date, s.created_at)
                                      else s.created_at end + make_interval(secs => %(delay)s)) as due
    ) v
    cross join lateral (
        select 0 as wave, 0 as days
        union all select n.place::integer, n.days::integer
        from jsonb_array_elements_text(%(reminders)s::jsonb) with ordinality as n (days, place)
    ) w
    cross join lateral (
        select coalesce(
            (select e.key from contact_keys e
             where e.tenant_id = c.tenant_id and e.key = 'e:' || lower(c.email) and e.contact_id = c.id),
            (select min(e.key) from contact_keys e
             where e.tenant_id = c.tenant_id and e.contact_id = c.id and e.key >= 'e:' and e.key < 'e;'))
        where c.email is not null
        union all select null where c.email is null
    ) as k (key)
    {zones}
    where s.tenant_id = %(tenant)s and s.id = any (%(ids)s) and c.deleted_at is null
    on conflict do nothing
    returning wave, state, coalesce(reason, '') as reason
)
insert into campaign_counts as n (tenant_id, campaign_id, wave, state, reason, bucket, count)
select %(tenant)s, %(campaign)s, m.wave, m.state, m.reason, %(slot)s, count(*) from made m
group by m.wave, m.state, m.reason order by m.wave, m.state, m.reason
on conflict (tenant_id, campaign_id, wave, state, reason, bucket) do update set count = n.count + excluded.count
"""
_WAITING = """
select case when coalesce(s.delivery_vector, 'email') <> 'email' then 'vector'
            when not exists (
                select from campaigns g
                where g.tenant_id = %(tenant)s and g.mode = 'automated' and g.state in ('running', 'paused')
            ) then 'inactive' else 'unmatched' end as why, count(*), min(s.created_at)
from survey_records s
join contacts c on c.tenant_id = s.tenant_id and c.id = s.contact_id and c.deleted_at is null
where s.tenant_id = %(tenant)s and s.state = 'queued' and s.campaign_id is null and s.origin in ('record', 'hand')
  and coalesce(s.closes_at, s.created_at + interval '90 days') > now() and s.deleted_at is null
group by 1 order by 1
"""


_ASSIGN = """
update survey_records s set campaign_id = %(campaign)s, survey_id = coalesce(s.survey_id, %(survey)s)
from deliveries d
where d.tenant_id = %(tenant)s and d.campaign_id = %(campaign)s and d.state in ('queued', 'scheduled')
  and s.tenant_id = d.tenant_id and s.id = d.subject_id and s.campaign_id is null and s.state = 'queued'
  and s.deleted_at is null
"""


class Entry(NamedTuple):
    """A survey record in the ledger's order."""

    seq: int
    id: UUID
    takable: bool


class Waiting(NamedTuple):
    """Survey records that nobody sends, why, and since when."""

    why: str
    number: int
    since: datetime

    @property
    def sentence(self) -> str:
        """The reason, for a person."""
        records = "survey record waits" if self.number == 1 else "survey records wait"
        return f"{self.number:,} {records} unsent: {WHY[self.why]}"


#: Why a survey record waits -> how it is said.
WHY = {
    "inactive": "no automated campaign is active.",
    "unmatched": "no active campaign took them: they match no filter, or were made before it was activated.",
    "vector": "they are to go by another way than e-mail.",
}


def take(tenant_id: int, slot: int) -> int:
    """Offers the next survey records to the active campaigns; how many entries of the ledger were looked at.

    One sender at a time; the others go on with what they have.
    """
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        fetch(tenancy.lock(tenant_id, alone=False))
        cursor.execute(_CAMPAIGNS, [tenant_id])
        return _offer(cursor, tenant_id, slot, f"{_HEAD} skip locked")


def catch_up(tenant_id: int) -> None:
    """Offers what came so far, before one of the campaigns is edited; inside the scope, that campaign's row locked.

    Raises `StateError` where that is more than a request may do, or another one is being changed.
    """
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(f"{_CAMPAIGNS} nowait", [tenant_id])
        except OperationalError:  # two that edit would wait for each other
            raise StateError("Another automated campaign is being changed. Edit it in a moment.") from None
        for _ in range(CATCHING_UP):
            if _offer(cursor, tenant_id, SLOT, _HEAD) < TOGETHER:
                return
    raise StateError("Survey records that came before are still being taken as the campaign was. Edit it in a moment.")


def _offer(cursor: Any, tenant_id: int, slot: int, lock_head: str) -> int:
    campaigns = active(tenant_id)
    if not campaigns:
        return 0
    cursor.execute(lock_head, [tenant_id])
    head = cursor.fetchone()
    if head is None:
        return 0
    start = max(head[0], min(each.after_seq or 0 for each in campaigns))
    cursor.execute(_NEXT, [tenant_id, start, TOGETHER])
    entries = [Entry(*row) for row in cursor.fetchall()]
    if not entries:
        return 0
    for campaign in campaigns:
        own = [each.id for each in entries if each.takable and each.seq > (campaign.after_seq or 0)]
        _take(cursor, campaign, own, slot)
    cursor.execute("update taking_heads set seq = %s where tenant_id = %s", [entries[-1].seq, tenant_id])
    return len(entries)


def active(tenant_id: int) -> list[Campaign]:
    """The campaigns that take survey records, in their order; inside the tenant's scope. Index: campaigns_running."""
    own = Campaign.objects.filter(tenant_id=tenant_id, mode=Campaign.Mode.AUTOMATED, state__in=Campaign.TAKING)
    return list(own.order_by("is_default", "priority", "id"))


def _take(cursor: Any, campaign: Campaign, offered: list[UUID], slot: int) -> None:
    tenant_id, where = campaign.tenant_id, campaign.recipients.get("where", ())
    condition = conditions.compiled(tenant_id, where, of_record=True)
    text = _TAKE.format(mailed=recipients.MAILED, condition=condition.sql)
    cursor.execute(text, [campaign.id, campaign.survey_id, tenant_id, offered, *condition.parameters])
    ids = [id for (id,) in cursor.fetchall()]
    by_contact = (campaign.window or {}).get("zone") == "contact"
    zones = "left join pg_timezone_names z on z.name = c.attributes ->> 'time_zone'" if by_contact else ""
    told = {
        "tenant": tenant_id,
        "campaign": campaign.id,
        "ids": ids,
        "now": datetime.now(UTC),
        "by_order_date": campaign.by_order_date,
        "delay": campaign.delay_seconds,
        "reminders": json.dumps(campaign.reminders),
        "slot": slot,
    }
    if ids:
        cursor.execute(_MAKE.format(zone="z.name" if by_contact else "null", zones=zones), told)


def waiting(tenant_id: int) -> list[Waiting]:
    """Survey records that wait unsent, by reason; in the scope. Index: survey_records_queued, campaigns_running."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"tenant": tenant_id})
        return [Waiting(*row) for row in cursor.fetchall()]


def assign(campaign: Campaign) -> None:
    """The survey records of a started campaign's deliveries are its own, those that nothing has taken meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_ASSIGN, {"tenant": campaign.tenant_id, "campaign": campaign.id, "survey": campaign.survey_id})


def head(tenant_id: int) -> int:
    """The ledger's last number: what is made from now on is behind it; inside the tenant's scope."""
    with connection.cursor() as cursor:
        cursor.execute("insert into taking_heads (tenant_id, seq) values (%s, 0) on conflict do nothing", [tenant_id])
        cursor.execute("select coalesce(max(seq), 0) from tenant_heads where tenant_id = %s", [tenant_id])
        found: int = cursor.fetchone()[0]
        return found
