"""Chooses a campaign's recipients: all of its first wave's deliveries in one statement, skips with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, connection
from psycopg import errors

from rapport.directory.models import Contact
from rapport.directory.narrowing import LOOKED_AT, Listed
from rapport.directory.sheets import SIZE, Sheet
from rapport.tenants.scope import bound

from . import recipients
from .conditions import Piece
from .errors import StateError
from .models import Campaign, CampaignCount, Delivery, SendingRules

#: Milliseconds of a live count; contacts that an estimate looks at; longest choice.
COUNTING, SAMPLE, CHOOSING = 1_000, 20_000, 300_000
UNSENT = (Delivery.State.QUEUED, Delivery.State.SCHEDULED, Delivery.State.SKIPPED)
_ACCOUNT = "left join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id and a.deleted_at is null"


class Count(NamedTuple):
    """How many are meant, at this moment; `exact` or an estimate."""

    number: int
    exact: bool


def count(tenant_id: int, given: Mapping[str, Any]) -> Count:
    """How many contacts recipients mean, within a second; inside the tenant's scope."""
    join, where = recipients.source(tenant_id, given)
    text = f"select count(*) from contacts c {_ACCOUNT} {join.sql} where {where.sql}"
    parameters = [*join.parameters, *where.parameters]
    rows = _in_time(Piece(text, parameters))
    if rows is not None:
        return Count(rows[0][0], exact=True)
    with connection.cursor() as cursor:
        present = "contacts c where c.tenant_id = %s and c.deleted_at is null"
        sample = f"select * from {present} order by c.tenant_id, c.id limit {SAMPLE:d}"
        cursor.execute(
            f"select count(*) from ({sample}) c {_ACCOUNT} {join.sql} where {where.sql}", [tenant_id, *parameters]
        )
        found = cursor.fetchone()[0]
        cursor.execute(f"select count(*) from {present}", [tenant_id])
        return Count(round(found * cursor.fetchone()[0] / SAMPLE), exact=False)


def listed(tenant_id: int, given: Mapping[str, Any], before: UUID | None = None) -> Listed:
    """A page of the contacts that recipients mean, newest first, as the list of contacts filters; in the scope.

    Where it takes more than a second to look at as many as that list does, fewer are looked at.
    """
    end, piece = _page(tenant_id, given, before, LOOKED_AT)
    found = _in_time(piece)
    if found is None:
        end, piece = _page(tenant_id, given, before, SAMPLE)
        with connection.cursor() as cursor:
            cursor.execute(piece.sql, piece.parameters)
            found = cursor.fetchall()
    ids = [id for (id,) in found]
    rows = list(Contact.objects.filter(tenant_id=tenant_id, id__in=ids[:SIZE]).order_by("-id"))
    more = len(ids) > SIZE
    return Listed(sheet=Sheet(rows, older=ids[SIZE - 1] if more else end), stopped=end is not None and not more)


def _page(tenant_id: int, given: Mapping[str, Any], before: UUID | None, many: int) -> tuple[UUID | None, Piece]:
    """The last one of the next `many` contacts, None where there are fewer; and which of them recipients mean."""
    join, where = recipients.source(tenant_id, given)
    below, place = ("and c.id < %s", [before]) if before else ("", [])
    every = f"select c.id from contacts c where c.tenant_id = %s and c.deleted_at is null {below}"
    with connection.cursor() as cursor:
        cursor.execute(f"{every} order by c.id desc offset {many - 1} limit 1", [tenant_id, *place])
        end = next((id for (id,) in cursor.fetchall()), None)
    least, floor = ("and c.id >= %s", [end]) if end else ("", [])
    text = f"select c.id from contacts c {_ACCOUNT} {join.sql} where {where.sql} {below} {least}"
    return end, Piece(
        f"{text} order by c.id desc limit {SIZE + 1}", [*join.parameters, *where.parameters, *place, *floor]
    )


def _in_time(piece: Piece) -> list[Any] | None:
    """The rows of a statement; None where it takes more than a second."""
    with connection.cursor() as cursor:
        bound(COUNTING)
        cursor.execute("savepoint in_time")
        try:
            cursor.execute(piece.sql, piece.parameters)
            rows: list[Any] | None = cursor.fetchall()
        except OperationalError as fault:
            if not isinstance(fault.__cause__, errors.QueryCanceled):
                raise
            cursor.execute("rollback to savepoint in_time")
            rows = None
        bound(0)
    return rows


def choose(campaign: Campaign, moment: datetime) -> dict[tuple[str, str], int]:
    """Writes the deliveries of a campaign's first wave anew; how many by (state, reason). Inside the tenant's scope.

    Raises `StateError` where a sender has had any of them.
    """
    tenant_id = campaign.tenant_id
    own = Delivery.objects.filter(tenant_id=tenant_id, campaign_id=campaign.id)
    if own.exclude(state__in=UNSENT).exists():
        raise StateError("The campaign has sent something already.")
    own.delete()
    CampaignCount.objects.filter(tenant_id=tenant_id, campaign_id=campaign.id).delete()
    piece = _statement(campaign, moment)
    with connection.cursor() as cursor:
        bound(CHOOSING)
        cursor.execute(piece.sql, piece.parameters)
        counts = {(state, reason): number for state, reason, number in cursor.fetchall()}
        bound(0)
    CampaignCount.objects.bulk_create(
        CampaignCount(
            tenant_id=tenant_id, campaign_id=campaign.id, wave=0, state=state, reason=reason, bucket=0, count=number
        )
        for (state, reason), number in counts.items()
    )
    return counts


def _statement(campaign: Campaign, moment: datetime) -> Piece:
    tenant_id = campaign.tenant_id
    join, where = recipients.source(tenant_id, campaign.recipients)
    rest = _rest(campaign, moment)
    earlier = "campaign" in campaign.recipients
    # Asked by an earlier campaign: its survey record goes on.
    asked = "p.survey_record_id" if earlier and campaign.kind == Campaign.Kind.REMINDER else "null::uuid"
    subject = "s.id" if recipients.is_of_records(campaign.recipients) else "null::uuid"
    asked = subject if subject == "s.id" else asked
    answered = f"when {asked} is not null and q.state in ('started', 'answered') then 'answered'" if earlier else ""
    # A reminder of what the earlier campaign asked; who was not asked by it has no survey record to be reminded of.
    unasked = f"when {asked} is null then 'not_asked'" if campaign.kind == Campaign.Kind.REMINDER else ""
    by_contact = (campaign.window or {}).get("zone") == "contact"
    sql = f"""
    with stopped as materialized (
        select distinct on (k.contact_id) k.contact_id, f.list, f.at, f.suppression_id
        from suppressed f
        join contact_keys k on k.tenant_id = %s and k.key = f.key
        where f.tenant_id = %s
        order by k.contact_id, f.list desc, f.at
    ), barred as materialized (
        select f.key, f.at, f.suppression_id from suppressed f
        where f.tenant_id = %s and f.key >= 'd:' and f.key < 'd;'
    ), made as (
        insert into deliveries (tenant_id, id, campaign_id, wave, contact_id, subject_id, survey_record_id, address,
                                address_key, language, zone, state, reason, fact, due_at, claim, tries, updated_at)
        select c.tenant_id, uuidv7(), %s, 0, c.id, {subject}, {asked}, c.email, k.key, c.language,
               {"z.name" if by_contact else "null"},
               case when v.reason is null then 'queued' else 'skipped' end, v.reason,
               case v.reason
                   when 'unsubscribed' then jsonb_build_object('at', u.at, 'source', u.source, 'kind', u.kind)
                   when 'bounced_before' then jsonb_build_object('at', u.at, 'source', u.source, 'said', u.reason)
                   {rest.fact}
               end, %s, 0, 0, %s
        from contacts c
        {_ACCOUNT}
        {join.sql}
        cross join lateral (
            select coalesce(
                (select e.key from contact_keys e
                 where e.tenant_id = c.tenant_id and e.key = 'e:' || lower(c.email) and e.contact_id = c.id),
                (select min(e.key) from contact_keys e
                 where e.tenant_id = c.tenant_id and e.contact_id = c.id and e.key >= 'e:' and e.key < 'e;'))
            where c.email is not null
            union all select null where c.email is null
        ) as k (key)
        {"left join pg_timezone_names z on z.name = c.attributes ->> 'time_zone'" if by_contact else ""}
        left join stopped x on x.contact_id = c.id
        left join lateral (
            select b.at, b.suppression_id from barred b where b.key = any (domain_keys_1(k.key)) order by b.at limit 1
        ) d on x.contact_id is null and exists (select from barred)
        left join suppressions u on u.tenant_id = c.tenant_id and u.id = coalesce(x.suppression_id, d.suppression_id)
        {rest.join}
        cross join lateral (
            select case
                when k.key is null then 'no_email'
                when x.list = 'unsubscribe' or d.at is not null then 'unsubscribed'
                when x.list = 'bounce' then 'bounced_before'
                {unasked}
                {answered}
                {rest.when}
            end
        ) as v (reason)
        where {where.sql}
        returning state, reason
    )
    select state, coalesce(reason, ''), count(*) from made group by 1, 2
    """
    parameters = [tenant_id, tenant_id, tenant_id, campaign.id, *rest.of_fact, moment, moment, *join.parameters]
    return Piece(sql, [*parameters, *rest.of_join, *rest.of_when, *where.parameters])


class _Rest(NamedTuple):
    """What the rest rule adds to the statement, with its parameters."""

    fact: str = ""
    join: str = ""
    when: str = ""
    of_fact: tuple[Any, ...] = ()
    of_join: tuple[Any, ...] = ()
    of_when: tuple[Any, ...] = ()


def _rest(campaign: Campaign, moment: datetime) -> _Rest:
    rules = SendingRules.objects.filter(tenant_id=campaign.tenant_id).first()
    days = rest_days(campaign, rules)
    if days is None:
        return _Rest()
    names = rules.rest_fields if rules else []
    values: list[str] = []
    for name in names:
        alias, column = ("a", name[8:]) if name.startswith("account.") else ("c", name)
        values.append(f"coalesce(to_jsonb({alias}) -> '{column}', {alias}.attributes -> '{column}')")
    fields = f"jsonb_build_array({', '.join(values)})::text" if values else "''"
    return _Rest(
        fact="when 'resting' then jsonb_build_object('at', t.asked_at, 'until', t.asked_at + make_interval(days => %s),"
        " 'days', %s::integer, 'campaign', (select g.name from deliveries w"
        " join campaigns g on g.tenant_id = w.tenant_id and g.id = w.campaign_id"
        " where w.tenant_id = c.tenant_id and w.id = t.asked_by))",
        join=f"""left join lateral (
            select case when o.state in ('sent', 'in doubt') then coalesce(o.sent_at, o.handed_over_at)
                        else h.asked_at end,
                   case when o.state in ('sent', 'in doubt') then o.id else h.asked_by end
            from rest_holds h
            left join deliveries o on o.tenant_id = h.tenant_id and o.id = h.delivery_id
            where h.tenant_id = c.tenant_id and h.key = k.key and h.fields = {fields}
        ) as t (asked_at, asked_by) on true""",
        when="when t.asked_at + make_interval(days => %s) > %s then 'resting'",
        of_fact=(days, days),
        of_when=(days, moment),
    )


def rest_days(campaign: Campaign, rules: SendingRules | None) -> int | None:
    """For how many days a campaign lets people rest; None: it does not ask."""
    if campaign.kind != Campaign.Kind.INVITATION:
        return None
    own = [rules.rest_days if rules and rules.rest_on else None, campaign.rest_days]
    return max((days for days in own if days is not None), default=None)


def known_keys(tenant_id: int, found: list[str]) -> set[str]:
    """Which of the keys find a contact."""
    with connection.cursor() as cursor:
        cursor.execute("select key from contact_keys where tenant_id = %s and key = any (%s)", [tenant_id, found])
        return {key for (key,) in cursor.fetchall()}


def first_queued(campaign_id: UUID, tenant_id: int, many: int) -> list[Delivery]:
    """Some of those who get the message."""
    rows = Delivery.objects.filter(tenant_id=tenant_id, campaign_id=campaign_id, state=Delivery.State.QUEUED)
    return list(rows.order_by("id")[:many])
