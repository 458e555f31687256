"""Addresses in letters beyond ASCII: of the sender, of who gets a mail; and what cannot be made holds nothing up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from rapport.campaigns import proofs, reasons, representation, rules
from rapport.campaigns.compose import Letters
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.models import Campaign
from rapport.tenants.actors import COMMAND, Author
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

IDN = {"name": "Ä", "address": "Ada@exämple.de", "reply_to": "help@exämple.de"}
BEYOND = {"name": "A", "address": "ü@example.com", "reply_to": None}
ASCII = "xn--exmple-cua.de"


def header(content: bytes | str | None) -> bytes:
    """Of a mail as it came."""
    raw = content if isinstance(content, bytes) else (content or "").encode()
    return raw.partition(b"\r\n\r\n")[0]


def test_a_senders_domain_goes_out_as_any_server_takes_it(database: Database, tenant: Tenant) -> None:
    office.contacts(database, tenant, "bob@exämple.de")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, sender=IDN)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        [envelope] = server.taken
    assert envelope.rcpt_tos == [f"bob@{ASCII}"]
    assert str(envelope.mail_from).startswith("Ada+")
    assert str(envelope.mail_from).endswith(f"@{ASCII}")
    head = header(envelope.original_content)
    assert head.isascii()
    assert f"Ada@{ASCII}".encode() in head
    assert f"Reply-To: help@{ASCII}".encode() in head
    [row] = office.rows(tenant).values()
    with tenant_scope(tenant):
        [told] = representation.deliveries(tenant.pk, [row])
    assert told["message_id"].encode() in head
    assert (row.state, row.address) == ("sent", "bob@exämple.de")


@pytest.mark.parametrize("key", ["address", "reply_to"])
def test_a_sender_that_most_servers_refuse_is_refused_when_it_is_saved(tenant: Tenant, key: str) -> None:
    with pytest.raises(FaultsError) as raised:
        office.draft(tenant, sender={**office.SENDER, key: "ü@example.com"})
    assert "beyond ASCII" in raised.value.errors["sender"][0]
    with tenant_scope(tenant), pytest.raises(FaultsError) as raised:
        rules.change(rules.of(tenant.pk), COMMAND, {"sender_address" if key == "address" else key: "ü@example.com"})
    assert "beyond ASCII" in str(raised.value.errors)


def older(tenant: Tenant, **fields: Any) -> Campaign:
    """A campaign that runs with a sender from before there was a rule."""
    campaign = office.draft(tenant)
    with tenant_scope(tenant):
        Campaign.objects.filter(tenant_id=tenant.pk, id=campaign.id).update(**fields)
    token = office.planned(tenant, campaign).token
    with tenant_scope(tenant):
        return office.plans.start(tenant.pk, campaign, token, COMMAND)


@pytest.mark.parametrize("takes", [True, False])
def test_an_older_sender_goes_where_the_server_takes_it_else_the_campaign_is_paused(
    database: Database, tenant: Tenant, takes: bool
) -> None:
    office.contacts(database, tenant, "bob@example.com")
    with sink(enable_SMTPUTF8=takes) as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = older(tenant, sender_address=BEYOND["address"])
        until(lambda: office.refreshed(tenant, campaign).state in ("done", "paused"), "it came to an end", 30)
        until(lambda: office.states(tenant)["bob@example.com"] in ("queued", "sent"), "nothing is held", 30)
        assert len(server.taken) == takes
    row = office.refreshed(tenant, campaign)
    assert (row.state, row.reason) == (("done", None) if takes else ("paused", "server"))
    assert takes or "beyond ASCII" in str(row.fact)


def test_a_message_that_cannot_be_made_pauses_its_campaign_and_holds_nobody_else(
    database: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.many(database, tenant, 60)

    def of(row: Campaign) -> Letters:
        if row.name == "broken":
            "ü".encode("ascii")
        return whole(row)

    whole = Letters.of
    with sink() as server, office.serving(database, server.port):
        broken = office.started(tenant, name="broken", kind="general")
        good = office.started(tenant, name="good", kind="general")
        monkeypatch.setattr(Letters, "of", staticmethod(of))
        with office.sending(database, tenant):
            until(lambda: office.refreshed(tenant, good).state == "done", "the other one is done", 60)
            until(lambda: office.refreshed(tenant, broken).state == "paused", "the broken one is paused", 30)
            until(lambda: set(office.states(tenant, broken).values()) == {"queued"}, "all are given back", 30)
    row = office.refreshed(tenant, broken)
    told = reasons.sentence(row.reason, row.fact, ZoneInfo("UTC"))
    assert told == "Paused because its message cannot be made (UnicodeEncodeError)."


def test_an_address_that_the_server_cannot_be_told_of_says_so_in_our_own_words(
    database: Database, tenant: Tenant
) -> None:
    office.contacts(database, tenant, "ü@example.com", "bob@example.com")
    with sink(enable_SMTPUTF8=False) as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == {"bob@example.com": 1}
    row = office.rows(tenant)["ü@example.com"]
    assert (row.state, row.reason) == ("failed", "unfit")
    assert "553" not in str(row.fact)


def test_a_test_mail_goes_the_same_way(database: Database, tenant: Tenant) -> None:
    campaign = office.draft(tenant, sender=IDN)
    with sink() as server, office.serving(database, server.port):
        with tenant_scope(tenant):
            made = proofs.proof(campaign, Author("user", UUID(int=3), "ada"), "ada@exämple.de", "en")
        assert asyncio.run(proofs.send(made)) is None
        [envelope] = server.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (f"Ada@{ASCII}", [f"ada@{ASCII}"])
    assert header(envelope.original_content).isascii()


def test_a_sender_too_long_for_a_delivery_gets_its_bounces_itself(database: Database, tenant: Tenant) -> None:
    address = f"{'a' * 45}@sender.example"
    office.contacts(database, tenant, "bob@example.com")
    with sink() as server, office.serving(database, server.port), office.sending(database, tenant):
        campaign = office.started(tenant, sender={**office.SENDER, "address": address})
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert [each.mail_from for each in server.taken] == [address]
