"""Senders against a real SMTP server: everybody gets it once, and the ledger says what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ingest.serving import until
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database


def test_everybody_chosen_gets_the_message_once(database: Database, tenant: Tenant) -> None:
    addresses = office.many(database, tenant, 120)
    with sink() as server, office.serving(database, server.port), office.sending(database, 2):
        campaign = office.started(tenant)
        until(lambda: office.refreshed(tenant, campaign).state == "done", "it is done", 30)
        assert server.counts == dict.fromkeys(addresses, 1)
    assert set(office.states(tenant).values()) == {"sent"}
    kept, there = office.counted(tenant, campaign)
    assert kept == there == {("sent", ""): 120}
