"""The page of the whole ledger."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from rapport.connected_apps.models import ConnectedApp
from rapport.directory.models import Contact
from rapport.evidence import changes
from rapport.history.models import Change
from rapport.members.models import Role
from rapport.surveys.models import SurveyRecord
from rapport.tenants.scope import tenant_scope
from tests.cast import new_person
from tests.console.visitor import visitor
from tests.evidence.delivery import deliver
from tests.evidence.test_request_pages import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cast import Cast
    from tests.conftest import Database


@pytest.fixture
def get(cast: Cast) -> Callable[..., str]:
    """What Alice reads of the page with these filters."""
    browser = visitor(cast.alice)

    def ask(**query: Any) -> str:
        answer = browser.get(f"/s/{cast.alice.tenant.slug}/data/changes", {k.rstrip("_"): v for k, v in query.items()})
        assert answer.status_code == 200, answer.content.decode()
        return unescape(text(answer))

    return ask


def send(database: Database, cast: Cast, *names: str, email: str = "ada@example.com") -> None:
    for name in names:
        deliver(database, cast.alice, {"Email": email, "First Name": name})


def test_every_change_stands_there_newest_first(database: Database, cast: Cast, get: Callable[..., str]) -> None:
    assert "Nothing has changed yet" in get()
    send(database, cast, "Zoe", "Ada")
    page = get()
    assert page.index("First Name Zoe Ada") < page.index("Created")
    assert "Contact Ada" in page
    assert "Alice's app" in page


def test_filters_find_by_person_object_and_field(database: Database, cast: Cast, get: Callable[..., str]) -> None:
    send(database, cast, "Zoe", "Ada")
    send(database, cast, "Grace", email="grace@example.com")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.alice.client_id)
        ada = Contact.objects.get(tenant_id=tenant_id, email="ada@example.com")
    for query, found in (
        ({"actor": app.id}, 3),
        ({"actor": cast.alice.user.id}, 0),
        ({"text": "grace@example.com"}, 1),
        ({"text": "ADA@example.com"}, 2),
        ({"text": str(ada.id)}, 2),
        ({"text": "nobody@example.com"}, 0),
        ({"object_type": "account"}, 0),
        ({"object_type": "contact", "text": "ada@example.com"}, 2),
        ({"field": "email"}, 2),
        ({"field": "first_name", "text": "ada@example.com"}, 2),
        ({"to": "2020-01-01T00:00"}, 0),
        ({"from": "2020-01-01T00:00"}, 3),
    ):
        assert get(**query).count("Contact ") - get(actor=cast.alice.user.id).count("Contact ") == found, query


def test_a_filter_looks_so_far_and_says_so(
    database: Database, cast: Cast, get: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(database, cast, "Zoe", email="zoe@example.com")
    send(database, cast, "Ada", "Bea", "Cleo")
    monkeypatch.setattr(changes, "LOOKED_AT", 2)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        wanted = changes.Wanted(limit=50, field="email")
        first = changes.look(tenant_id, wanted)
        assert (list(first.rows), first.older) == ([], 3)
        assert first.stopped is not None
        second = changes.look(tenant_id, changes.Wanted(limit=50, field="email", before=first.older))
        assert [row.seq for row in second.rows] == [2, 1]
        assert second.older is None
        assert second.stopped is None
    assert "Nothing found so far" in get(field="email")


def test_pages_lead_to_and_fro_without_a_gap(database: Database, cast: Cast) -> None:
    send(database, cast, "A", "B", "C", "D", "E")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        for text_ in (None, "ada@example.com"):
            first = changes.look(tenant_id, changes.Wanted(limit=2, text=text_))
            second = changes.look(tenant_id, changes.Wanted(limit=2, text=text_, before=first.older))
            back = changes.look(tenant_id, changes.Wanted(limit=2, text=text_, after=second.newer))
            seqs = [[row.seq for row in look.rows] for look in (first, second, back)]
            assert seqs == [[5, 4], [3, 2], [5, 4]]
            assert (first.newer, first.older, second.newer, back.newer, back.older) == (None, 4, 3, None, 4)


def test_new_entries_are_counted_for_whoever_looks(database: Database, cast: Cast, get: Callable[..., str]) -> None:
    send(database, cast, "A", "B", "C")
    assert "2 new" in get(since=1)
    assert "new" not in get(since=3)


def test_nobody_else_sees_them(database: Database, cast: Cast) -> None:
    send(database, cast, "Veiled")
    where = f"/s/{cast.alice.tenant.slug}/data/changes"
    assert visitor(cast.bob).get(where).status_code == 403
    assert visitor(cast.charlie).get(where).status_code == 404
    own = visitor(cast.charlie).get(where.replace(cast.alice.tenant.slug, cast.charlie.tenant.slug))
    assert "Veiled" not in own.content.decode()
    admin = visitor(new_person("Ann", cast.alice.tenant, Role.ADMIN))
    assert "Veiled" in admin.get(where).content.decode()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert Change.objects.filter(tenant_id=tenant_id).count() == 1


def test_whose_it_is_and_what_was_done_with_it_is_told(database: Database, cast: Cast, get: Callable[..., str]) -> None:
    record = {"Email": "ada@example.com", "First Name": "Ada"}
    deliver(database, cast.alice, record, configuration="survey")
    page = get()
    assert "Survey record Ada" in page
    with tenant_scope(cast.alice.tenant) as tenant_id:
        ada = Contact.objects.get(tenant_id=tenant_id, email="ada@example.com")
    browser, home = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}"
    browser.post(f"{home}/contacts/{ada.id}/delete")
    assert "Contact Ada ada@example.com Deleted All of it" in get()
    browser.post(f"{home}/contacts/{ada.id}/restore")
    assert "Contact Ada ada@example.com Restored As it was" in get()
    with tenant_scope(cast.alice.tenant) as tenant_id:
        asked = SurveyRecord.objects.get(tenant_id=tenant_id)
    history = text(browser.get(f"{home}/survey-records/{asked.id}")).partition("History")[2]
    assert "Contact Ada" in history
    assert str(ada.id) not in history
