"""What is told of a source, from counts that are written as ingest leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uuid_utils.compat import uuid7

from rapport.connected_apps import webhooks
from rapport.connected_apps.models import ConnectedApp
from rapport.connected_apps.senders import sources
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.connected_apps.counted import HOUR, NOW, app_of, ask, put

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database


def test_everything_that_is_told_of_a_source(cast: Cast) -> None:
    put(cast.alice, 0.5, 6, ignored=3)
    put(cast.alice, 0.6, 3, "rejected")
    put(cast.alice, 23.6, 1, "not_written")
    put(cast.alice, 26, 90)
    put(cast.alice, 24 * 31, 1000)
    found = {source.name: source for source in ask(sources, cast.alice)}
    source = found["Alice's app"]
    assert (source.type, source.id, source.active) == ("app", app_of(cast.alice), True)
    assert (source.records_day, source.records_month) == (10, 100)
    assert source.last_at == NOW - 0.5 * HOUR
    assert (source.error_share, source.unmapped_share) == (0.4, 0.3)
    assert source.hours == (1, *[0] * 22, 9)
    quiet = found["Bob's app"]
    assert (quiet.records_day, quiet.records_month, quiet.last_at, quiet.error_share) == (0, 0, None, 0.0)
    assert quiet.hours == (0,) * 24


def test_webhooks_are_sources_and_who_sent_last_comes_first(cast: Cast, database: Database) -> None:
    made = webhooks.create(cast.alice.tenant, COMMAND, "contact", database.settings)
    put(cast.bob, 3, 1)
    put(cast.alice, 2, 1)
    put(cast.alice, 1, 1, sender=("webhook", made.id))
    names = [source.name for source in ask(sources, cast.alice)]
    assert names == ["Webhook for Contacts (Default)", "Alice's app", "Bob's app"]


def test_stopped_sources_are_told_while_they_have_sent(cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        ConnectedApp.objects.filter(tenant_id=tenant_id).update(active=False)
    put(cast.bob, 48, 1)
    put(cast.alice, 1, 1, sender=("user", uuid7()))
    assert [(source.name, source.active) for source in ask(sources, cast.alice)] == [("Bob's app", False)]
