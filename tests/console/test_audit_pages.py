"""Settings, Audit log: who did what, in plain words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.campaigns.models import SmtpServer
from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.console.pages.audit import SHOWN
from rapport.directory.models import Merge
from rapport.evidence.models import Replay, Undo
from rapport.imports.models import Import
from rapport.members.models import Role
from rapport.tenants import audit, registry
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.evidence.sending import Sender
from tests.members.conftest import colleague

if TYPE_CHECKING:
    from tests.cast import Cast


def seen(cast: Cast, query: str = "", who: str = "alice") -> str:
    answer = visitor(getattr(cast, who)).get(f"/s/{getattr(cast, who).tenant.slug}/settings/audit{query}")
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def note(cast: Cast, action: str, name: str, details: dict | None = None, at: datetime | None = None) -> None:
    """An act of Bob's."""
    with tenant_scope(cast.alice.tenant) as tenant_id:
        AuditEntry.objects.create(
            tenant_id=tenant_id,
            actor_type="user",
            actor_id=cast.bob.user.id,
            actor_name="Bob",
            action=action,
            object_type=action.partition(".")[0],
            object_id=str(uuid7()),
            object_name=name,
            details=details or {},
            at=at or datetime.now(UTC),
        )


def test_an_act_is_told_with_a_link_to_what_it_was_done_to(cast: Cast) -> None:
    made = issue.create_app(cast.alice.tenant, COMMAND, "Webshop & Till", rate=7)
    app = issue.show_app(cast.alice.tenant, made.client_id)
    page = seen(cast)
    address = f"/s/{cast.alice.tenant.slug}/data/integrations/connected-apps/{app['id']}"
    assert f'created the Connected App <a href="{address}">Webshop & Till</a>' in page
    assert "command line" in page
    assert made.client_secret not in page
    assert "Send records. Read accounts and contacts." in page
    assert "records:write" not in page


@pytest.mark.parametrize("action", sorted(audit.ACTS))
def test_each_act_can_be_shown(cast: Cast, action: str) -> None:
    note(cast, action, "The thing", {"reference": "nightly", "changed": ["mapping"]})
    assert audit.ACTS[action] in seen(cast, f"?action={action}")


def test_an_undo_is_told_by_what_it_took_back(cast: Cast) -> None:
    note(cast, "undo.start", f"user {cast.bob.user.id}", {"user": str(cast.bob.user.id)})
    page = seen(cast)
    assert re.search('undid <a href="[^"]+/data/undo/[0-9a-f-]{36}">what Bob did</a>', page)
    assert f"user {cast.bob.user.id}" not in page


def test_what_is_different_is_shown_from_old_to_new(cast: Cast) -> None:
    registry.change(cast.alice.tenant, COMMAND, {"time_zone": "Europe/Oslo", "sent_days": 0})
    page = seen(cast, "?action=system.change")
    assert "<del>UTC</del>" in page
    assert "<ins>Europe/Oslo</ins>" in page
    assert "<ins>0</ins>" in page
    with tenant_scope(cast.alice.tenant) as tenant_id:
        own = {"name": "Sink", "host": "mail.example.com", "port": 25, "security": "none"}
        server = SmtpServer.objects.create(tenant_id=tenant_id, **own)
    note(cast, "sending.change", "Sending", {"changed": {"server": [None, str(server.id)]}})
    note(cast, "campaign.start", "Spring", {"at": "2026-11-29T22:52:26.795854+00:00"})
    note(cast, "campaign.change", "Spring", {"changed": ["rest_days", "spread_seconds", "window"]})
    page = seen(cast)
    for told in (
        "<ins>Sink</ins>",
        "29 Nov 2026, 23:52 CET",
        "Days of rest, Spread over hours, Hours<",
    ):
        assert told in page


def test_it_is_narrowed_down_by_who_what_and_when(cast: Cast) -> None:
    note(cast, "field.create", "Early", at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    note(cast, "touchpoint.create", "Late", at=datetime(2026, 3, 2, 12, tzinfo=UTC))
    bob = cast.bob.user.id
    for query, early, late in [
        (f"?actor={bob}", True, True),
        (f"?actor={cast.alice.user.id}", False, False),
        ("?action=field.create", True, False),
        ("?start=2026-03-02", False, True),
        (f"?actor={bob}&end=2026-03-01", True, False),
    ]:
        page = seen(cast, query)
        assert (">Early<" in page, ">Late<" in page) == (early, late), query


def test_days_are_those_of_the_system(cast: Cast) -> None:
    registry.change(cast.alice.tenant, COMMAND, {"time_zone": "Europe/Oslo"})
    note(cast, "field.create", "Past midnight", at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert "Past midnight" in seen(cast, "?start=2026-03-02&end=2026-03-02")


@pytest.mark.parametrize(
    "query", ["?actor=x", "?action=x", "?start=x", "?cursor=x", "?start=2026-03-02&end=0001-01-01", "?end=9999-12-31"]
)
def test_a_filter_that_makes_no_sense_is_no_accident(cast: Cast, query: str) -> None:
    assert "Audit log" in seen(cast, query)


def test_older_entries_are_a_page_further(cast: Cast) -> None:
    for number in range(SHOWN + 1):
        note(cast, "field.create", f"Field {number:03d}")
    first = seen(cast, "?action=field.create")
    assert "Field 000" not in first
    older = first.rpartition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = seen(cast, older)
    assert "Field 000" in second
    assert f"Field {SHOWN:03d}" not in second
    assert "Newest" in second


def test_a_page_takes_as_many_statements_however_much_there_is(cast: Cast) -> None:
    client, place = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}/settings/audit"
    client.get(place)  # which writes into the session where they are
    counts = []
    for number in (1, 20):
        for _ in range(number):
            note(cast, "connected_app.create", "App")
        with CaptureQueriesContext(connection) as made:
            client.get(place)
        counts.append(len(made))
    assert counts[0] == counts[1]


def _asked(cast: Cast, kind: str) -> dict[str, str]:
    """What an undo of a kind may have been asked for; most of what it names is made first."""
    moment = "2026-01-01T10:00"
    record = Sender(cast.alice).put(Email="ada@example.com").record if kind == "record" else None
    with tenant_scope(cast.alice.tenant) as tenant_id:
        own = {"tenant_id": tenant_id, "author_type": "user", "author_name": "Bob"}
        contact = str(Configuration.objects.get(tenant_id=tenant_id, reference="contact").id)
        undone = {"tenant_id": tenant_id, "entries": [], "behind": 0, "position": 0} | own
        file = Import.objects.create(name="people.csv", configuration_id=uuid7(), size=1, **own).id
        inner = Undo.objects.create(token=uuid7().bytes, asked={"import": str(file)}, **undone).id
        span = Undo.objects.create(token=uuid7().bytes, asked={"to": moment}, **undone).id
        asked = {"records": {"configuration": "contact"}}
        replay = Replay(token=uuid7().bytes, asked=asked, until=datetime.now(UTC), versions={}, total=1, **own)
        replay.save(force_insert=True)
        merge = Merge.objects.create(object_type="contact", kept_id=uuid7(), merged_ids=[str(uuid7())], **own).id
        outer = Undo.objects.create(token=uuid7().bytes, asked={"undo": str(inner)}, **undone).id
    given = {"user": cast.bob.user.id, "import": file, "replay": replay.id, "merge": merge, "undo": outer}
    given |= {"app": cast.alice.client_id, "configuration": contact, "undo of times": span, "record": record}
    more = {"from": moment} if kind == "configuration" else {}
    return {kind.partition(" ")[0]: str(given[kind]), **more}


def test_undos_are_told_in_as_many_queries_however_many_there_are(cast: Cast) -> None:
    client, place = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}/settings/audit"
    client.get(place)
    counts = []
    kinds = ("user", "record", "import", "replay", "merge", "app", "configuration", "undo", "undo of times")
    for number in (1, 4):
        for kind in kinds:
            for _ in range(number):
                note(cast, "undo.start", "", _asked(cast, kind))
        with CaptureQueriesContext(connection) as made:
            page = " ".join(unescape(client.get(place).content.decode()).split())
        counts.append(len(made))
    assert counts[0] == counts[1]
    for told in (
        "what Bob did",
        "the record of ada@example.com",
        "the import of people.csv",
        "what was sent again, refused records, configuration Contacts (Default)",
        "the merge of the contact ",
        "what came by Contacts (Default) from 2026-01-01 10:00",
        "the undo of the undo of the import of people.csv",
        "the undo of everything to 2026-01-01 10:00",
    ):
        assert told in page, told


@pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
def test_it_is_for_system_admins(cast: Cast, role: Role) -> None:
    client = visitor(colleague(cast.alice, "Dora", role))
    assert client.get(f"/s/{cast.alice.tenant.slug}/settings/audit").status_code == 403


def test_the_stranger_reads_nothing_of_ours(cast: Cast) -> None:
    note(cast, "field.create", "Veiled field")
    assert "Veiled field" not in seen(cast, who="charlie")
    assert visitor(cast.charlie).get(f"/s/{cast.alice.tenant.slug}/settings/audit").status_code == 404


@pytest.mark.parametrize("name", ["2026-13-01T10:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_name_that_looks_like_a_moment_is_shown_as_it_is(cast: Cast, name: str) -> None:
    note(cast, "app.rename", "Till", {"changed": {"name": ["Till", name]}})
    assert f"<ins>{name}</ins>" in seen(cast)
