"""A system with contacts and campaigns, and senders that run in a thread or as a process."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from django.conf import settings

from rapport.campaigns import acts, drafts, plans
from rapport.campaigns.models import Campaign, CampaignCount, Delivery
from rapport.sender import running
from rapport.sender.ledger import Ledger
from rapport.sender.running import Sender
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

SENDER = {"name": "Ada", "address": "ada@sender.example", "reply_to": None}


@contextmanager
def serving(database: Database, port: int) -> Iterator[None]:
    """The deployment's own mail server is on `port`."""
    before = settings.RAPPORT
    settings.RAPPORT = replace(
        database.settings, public_url="https://ask.example.com", mail_url=f"smtp://127.0.0.1:{port}"
    )
    try:
        yield
    finally:
        settings.RAPPORT = before


def contacts(database: Database, tenant: Tenant, *emails: str, **more: str) -> None:
    """Contacts with these addresses."""
    feed(database.settings, tenant.pk, UUID(int=7), *({"Email": email, **more} for email in emails))


def many(database: Database, tenant: Tenant, number: int) -> list[str]:
    """So many contacts, quickly."""
    with psycopg.connect(database.owner) as owner:
        owner.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        owner.execute(
            "insert into contacts (tenant_id, id, email, first_name, version, created_at, updated_at)"
            " select %(tenant)s, uuidv7(), 'c' || n || '@example.com', 'Contact ' || n, 1, now(), now()"
            " from generate_series(1, %(number)s) n",
            {"tenant": tenant.pk, "number": number},
        )
        owner.execute(
            "insert into contact_keys (tenant_id, key, contact_id)"
            " select tenant_id, 'e:' || email, id from contacts where tenant_id = %(tenant)s",
            {"tenant": tenant.pk},
        )
    return [f"c{n}@example.com" for n in range(1, number + 1)]


def draft(tenant: Tenant, **given: Any) -> Campaign:
    """A campaign to everybody."""
    wanted = {"name": "Q4", "kind": "invitation", "recipients": {"all": True}, "sender": SENDER, **given}
    with tenant_scope(tenant) as tenant_id:
        return drafts.create(tenant_id, COMMAND, wanted)


def planned(tenant: Tenant, campaign: Campaign) -> plans.Planned:
    """Its plan."""
    with tenant_scope(tenant):
        return plans.plan(campaign, COMMAND)


def started(tenant: Tenant, at: datetime | None = None, **given: Any) -> Campaign:
    """A campaign to everybody that runs."""
    campaign = draft(tenant, **given)
    token = planned(tenant, campaign).token
    with tenant_scope(tenant) as tenant_id:
        return plans.start(tenant_id, campaign, token, COMMAND, at)


def act(tenant: Tenant, what: Any, campaign: Campaign, *more: Any) -> Any:
    """Somebody does something with a campaign."""
    with tenant_scope(tenant):
        return what(campaign, COMMAND, *more)


def states(tenant: Tenant, campaign: Campaign | None = None) -> dict[str, str]:
    """Address -> state, with wave behind where it is a reminder."""
    with tenant_scope(tenant):
        found = list(_deliveries(tenant, campaign).values_list("address", "wave", "state"))
    return {_name(address, wave): state for address, wave, state in found}


def rows(tenant: Tenant, campaign: Campaign | None = None) -> dict[str, Delivery]:
    """Address -> delivery."""
    with tenant_scope(tenant):
        return {_name(row.address, row.wave): row for row in _deliveries(tenant, campaign)}


def _deliveries(tenant: Tenant, campaign: Campaign | None) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(tenant_id=tenant.pk)
    return found.filter(campaign_id=campaign.id) if campaign else found


def _name(address: str | None, wave: int) -> str:
    return (address or "") + (f" {wave}" if wave else "")


def counted(tenant: Tenant, campaign: Campaign) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """States with reasons by the counters, and by the rows."""
    final = ("skipped", "failed", "bounced", "cancelled", "in doubt")
    with tenant_scope(tenant) as tenant_id:
        kept: Counter[tuple[str, str]] = Counter()
        for row in CampaignCount.objects.filter(tenant_id=tenant_id, campaign_id=campaign.id):
            kept[row.state, row.reason] += row.count
        found = list(_deliveries(tenant, campaign).values_list("state", "reason"))
    there = Counter((state, (reason or "") if state in final else "") for state, reason in found)
    return Counter({key: number for key, number in kept.items() if number}), there


def refreshed(tenant: Tenant, campaign: Campaign) -> Campaign:
    """The campaign as it is now."""
    with tenant_scope(tenant) as tenant_id:
        return drafts.find(tenant_id, campaign.id)


@contextmanager
def sending(database: Database, tenant: Tenant, senders: int = 1) -> Iterator[list[Sender]]:
    """Senders that run in threads of their own for as long as the block lasts, and look often."""
    made: list[Sender] = []
    ready = threading.Barrier(senders + 1)
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        ledger = Ledger(database.settings)
        sender = Sender(ledger, [tenant.pk])
        made.append(sender)
        loops.append(asyncio.get_running_loop())
        ready.wait()
        try:
            await sender.run()
        finally:
            ledger.close()

    threads = [threading.Thread(target=lambda: asyncio.run(run())) for _ in range(senders)]
    before, running.PAUSE = running.PAUSE, 0.1
    for thread in threads:
        thread.start()
    ready.wait()
    try:
        yield made
    finally:
        running.PAUSE = before
        for sender, loop in zip(made, loops, strict=True):
            loop.call_soon_threadsafe(sender.stop)
        for thread in threads:
            thread.join()


def due_now(tenant: Tenant) -> None:
    """Whatever waits is due."""
    with tenant_scope(tenant) as tenant_id:
        Delivery.objects.filter(tenant_id=tenant_id).update(due_at=now())


def waiting(tenant: Tenant) -> bool:
    """Whether anybody has still to get something."""
    return bool({"queued", "scheduled", "claimed", "deferred"} & set(states(tenant).values()))


def lose_leases(database: Database, tenant: Tenant, *, handed_over: bool = False) -> None:
    """Time passes: leases of now are over; with `handed_over` also the longest conversations of lost senders."""
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        lost = "until - interval '1 hour'" if handed_over else "now() - interval '1 second'"
        still = "" if not handed_over else " and until < now()"
        app.execute(f"update sender_leases set until = {lost} where tenant_id = %s{still}", [tenant.pk])
        if handed_over:
            app.execute(
                "update deliveries d set handed_over_at = handed_over_at - interval '1 hour'"
                " where tenant_id = %s and state = 'handed over' and exists (select from sender_leases l"
                " where l.tenant_id = d.tenant_id and l.sender_id = d.sender_id and l.until < now())",
                [tenant.pk],
            )


def unsubscribe(database: Database, tenant: Tenant, key: str) -> None:
    """Somebody unsubscribes, by a connection of their own."""
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant.pk:d}'")
        found = app.execute(
            "insert into suppressions"
            " (tenant_id, id, at, list, act, kind, address, key, source, actor_type, request_id)"
            " values (%s, uuidv7(), now(), 'unsubscribe', 'added', 'email', %s, %s, 'link', 'respondent', '')"
            " returning id, at",
            [tenant.pk, key[2:], key],
        ).fetchone()
        app.execute("insert into suppressed values (%s, %s, 'unsubscribe', %s, %s)", [tenant.pk, key, *found])


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


__all__ = ["acts", "drafts", "plans"]
