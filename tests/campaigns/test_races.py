"""Two people at the same moment: one is told what the other did, and nothing names what is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connections

from rapport.campaigns import drafts, mail_servers, rules, segments
from rapport.campaigns.errors import FaultsError, StateError
from rapport.campaigns.models import Campaign, Segment, SmtpServer
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import until
from tests.sender import office

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

WHERE = [{"field": "first_name", "is": "Ada"}]
SERVER = {
    "name": "Ours", "host": "localhost", "port": 25, "security": "smtp", "user_name": "", "rate": None, "connections": 1
}  # fmt: skip


def segment(tenant: Tenant, name: str = "Poets", row: Segment | None = None) -> Segment:
    """A segment, in the scope."""
    return segments.save(row or Segment(tenant_id=tenant.pk, name=""), COMMAND, {"name": name, "where": WHERE})


def server(tenant: Tenant, name: str = "Ours", row: SmtpServer | None = None) -> SmtpServer:
    """A mail server, in the scope."""
    made = row or SmtpServer(tenant_id=tenant.pk)
    mail_servers.fill(made, SERVER | {"name": name})
    mail_servers.save(made, COMMAND, None, new=row is None)
    return made


def meanwhile(database: Database, tenant: Tenant, first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What the second raises, which begins while the first is not committed."""
    raised: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            with tenant_scope(tenant):
                second()
        except BaseException as error:  # noqa: BLE001 (told by whoever waits)
            raised.append(error)
        finally:
            connections.close_all()
            done.set()

    def waits() -> bool:
        with psycopg.connect(database.owner) as owner:
            return done.is_set() or owner.execute("select from pg_locks where not granted").fetchone() is not None

    thread = threading.Thread(target=run)
    with tenant_scope(tenant):
        first()
        thread.start()
        until(waits, "the second waits for the first", 20)
    thread.join()
    return raised[0] if raised else None


MAKERS: list[Any] = [segment, server]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("renamed", [False, True])
def test_of_two_of_one_name_the_later_is_told_so(database: Database, tenant: Tenant, make: Any, renamed: bool) -> None:
    with tenant_scope(tenant):
        other = make(tenant, "Another") if renamed else None
    fault = meanwhile(database, tenant, lambda: make(tenant), lambda: make(tenant, row=other))
    assert isinstance(fault, FaultsError)
    assert "taken" in fault.errors["name"][0]


@pytest.mark.parametrize("what", ["segment", "server", "rules"])
def test_what_a_campaign_that_is_being_made_names_is_not_removed(database: Database, tenant: Tenant, what: str) -> None:
    with tenant_scope(tenant):
        row: Any = (segment if what == "segment" else server)(tenant)
    remove: Any = segments.remove if what == "segment" else mail_servers.remove
    given = {"recipients": {"segment": str(row.id)}} if what == "segment" else {"server": str(row.id)}

    def name() -> None:
        if what == "rules":
            rules.change(rules.of(tenant.pk), COMMAND, given)
        else:
            drafts.create(tenant.pk, COMMAND, {"name": "Q4", "kind": "general", "recipients": {"all": True}, **given})

    assert isinstance(meanwhile(database, tenant, name, lambda: remove(row, COMMAND)), StateError)


@pytest.mark.parametrize("what", ["segment", "server"])
def test_what_is_being_removed_is_not_named(database: Database, tenant: Tenant, what: str) -> None:
    with tenant_scope(tenant):
        row: Any = (segment if what == "segment" else server)(tenant)
    remove: Any = segments.remove if what == "segment" else mail_servers.remove
    given: dict[str, Any] = {"name": "Q4", "kind": "general", "recipients": {"all": True}, "sender": office.SENDER}
    given |= {"recipients": {"segment": str(row.id)}} if what == "segment" else {"server": str(row.id)}
    fault = meanwhile(database, tenant, lambda: remove(row, COMMAND), lambda: drafts.create(tenant.pk, COMMAND, given))
    assert isinstance(fault, FaultsError)
    with tenant_scope(tenant) as tenant_id:
        assert not Campaign.objects.filter(tenant_id=tenant_id, name="Q4").exists()
