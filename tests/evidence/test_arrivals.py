"""Who sends a heading that nothing maps."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

from rapport.configurations import edits, remedies
from rapport.connected_apps.models import ConnectedApp
from rapport.evidence import arrivals
from rapport.history.models import UnmappedHeading
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.evidence.delivery import deliver
from tests.evidence.test_request_pages import text

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database


def test_the_newest_records_say_who_sent_a_heading(cast: Cast, database: Database) -> None:
    alice = cast.alice
    for name in ("Frist Name", "Frist Name", "First Name"):
        deliver(database, alice, {"Email": "ada@example.com", name: "Ada"})
    deliver(database, cast.charlie, {"Email": "ada@example.com", "Frist Name": "Ada"})
    with tenant_scope(alice.tenant) as tenant_id:
        UnmappedHeading.objects.create(
            tenant_id=tenant_id,
            configuration_id=edits.find(tenant_id, "contact").id,
            heading="Frist Name",
            count=2,
            first_seen=datetime.now(UTC),
            last_seen=datetime.now(UTC),
        )
        case = remedies.case(edits.find(tenant_id, "contact"), "Frist Name")
        found = arrivals.of(case)
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=alice.client_id)
    assert [(each.heading, each.sender, each.count) for each in found.rows] == [
        ("Frist Name", app.name, 2),
        ("First Name", app.name, 1),
    ]
    assert found.records == 3
    where = f"/s/{alice.tenant.slug}/data/unmapped/map"
    asked = visitor(alice).get(where, {"configuration": "contact", "heading": "Frist Name"})
    assert f"Frist Name {app.name} 2" in unescape(text(asked))
