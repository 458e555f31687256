"""Filters, order and counts of the lists of contacts and accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.configurations import fields
from rapport.configurations.locks import editing
from rapport.directory import narrowing, older
from rapport.directory.follower import step
from rapport.directory.models import SearchHead, SearchToken
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Browser:
    """Alice's browser."""
    return Browser(cast.alice)


@pytest.fixture
def people(cast: Cast) -> dict[str, UUID]:
    """Four contacts, made in this order; words have followed."""
    tenant = cast.alice.tenant
    with editing(tenant) as tenant_id:
        for name, kind in (("segment", "choice"), ("shoe", "integer"), ("vip", "boolean")):
            given: dict[str, Any] = {"object": "contact", "name": name, "label": name.title(), "type": kind}
            fields.create(tenant_id, COMMAND, given | ({"choices": ["Gold", "Silver"]} if kind == "choice" else {}))
    acme = put_account(tenant, "Acme", manager="Grace Hopper", aliases=("ACME Inc",))
    navy = put_account(tenant, "Navy", manager="Howard Aiken", industry="Defence", region="North")
    made = {
        "Zoe": {"language": "en", "account_id": acme, "attributes": {"segment": "Gold", "vip": True}},
        "Ada": {"language": "EN", "account_id": navy, "attributes": {"shoe": 38}},
        "Émile": {"language": "fr", "attributes": {"segment": "Silver", "vip": False}},
        "Bea": {"account_id": acme},
    }
    at = {name: datetime(2026, 3, day, 12, tzinfo=UTC) for day, name in enumerate(made, 1)}
    found = {
        name: put_contact(tenant, email=f"{number}@example.com", first_name=name, at=at[name], **columns)
        for number, (name, columns) in enumerate(made.items())
    }
    while step(tenant.pk):
        pass
    return found


def names(browser: Browser, **query: Any) -> list[str]:
    """The names on the list, in its order."""
    answer = browser.get("contacts", query)
    assert answer.status_code == 200
    return re.findall(r'class="row-link"[^>]*>([^<]+)<', answer.content.decode())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Bea", "Émile", "Ada", "Zoe"]),
        ({"order": "oldest"}, ["Zoe", "Ada", "Émile", "Bea"]),
        ({"order": "name"}, ["Ada", "Bea", "Émile", "Zoe"]),
        ({"language": "en"}, ["Ada", "Zoe"]),
        ({"language": "en", "order": "oldest"}, ["Zoe", "Ada"]),
        ({"language": "en", "order": "name"}, ["Ada", "Zoe"]),
        ({"account_name": "acme  INC"}, ["Bea", "Zoe"]),
        ({"account_name": "nobody"}, []),
        ({"manager": "howard aiken"}, ["Ada"]),
        ({"created_from": "2026-03-03"}, ["Bea", "Émile"]),
        ({"created_to": "2026-03-02"}, ["Ada", "Zoe"]),
        ({"created_from": "2026-03-02", "created_to": "2026-03-03"}, ["Émile", "Ada"]),
        ({"custom.segment": "Gold"}, ["Zoe"]),
        ({"custom.shoe": "38"}, ["Ada"]),
        ({"custom.vip": "false"}, ["Émile"]),
        ({"custom.vip": "true", "language": "en"}, ["Zoe"]),
        ({"q": "example.com", "language": "fr"}, ["Émile"]),
    ],
)
def test_a_filter_and_an_order(alice: Browser, people: Any, query: dict[str, str], found: list[str]) -> None:
    assert names(alice, **query) == found


def test_accounts_have_filters_of_their_own(alice: Browser, people: Any) -> None:
    assert "Navy" in alice.text("accounts", industry="defence")
    assert "Acme" not in alice.text("accounts", industry="defence")
    assert "No account fits these filters" in alice.text("accounts", region="South")
    told = alice.text("accounts", order="name")
    assert told.index("Acme") < told.index("Navy")
    assert "2 accounts" in told or "2 accounts" in alice.text("accounts")


def test_what_makes_no_sense_filters_nothing_and_says_so(alice: Browser, people: Any) -> None:
    assert "The first day must be a date such as 2026-01-31." in alice.text("contacts", status=422, created_from="soon")
    assert "must be among those offered" in alice.text("contacts", status=422, **{"custom.segment": "Lead"})


def test_the_list_says_how_many_there_are(alice: Browser, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "4 contacts" in alice.text("contacts")
    assert "2 contacts, of those that the filters want" in alice.text("contacts", language="en")
    monkeypatch.setattr(narrowing, "COUNTED", 3)
    assert "More than 3 contacts" in alice.text("contacts")


@pytest.mark.parametrize("order", ["", "oldest"])
def test_a_filter_looks_so_far_and_goes_on(
    alice: Browser, people: dict[str, UUID], monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setattr(narrowing, "LOOKED_AT", 2)
    found: list[str] = []
    place: dict[str, str] = {}
    for _ in range(3):
        answer = alice.get("contacts", {"language": "en", "order": order, **place})
        page = answer.content.decode()
        found += re.findall(r'class="row-link"[^>]*>([^<]+)<', page)
        on = re.search(r"before=([0-9a-f-]{36})[^>]*>Look further", page)
        if not on:
            break
        place = {"before": on[1]}
    assert found == (["Zoe", "Ada"] if order else ["Ada", "Zoe"])


def test_names_lead_from_page_to_page(alice: Browser, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowing, "SIZE", 3)
    first = alice.get("contacts", {"order": "name"}).content.decode()
    [place] = re.findall(r"before=([A-Za-z0-9_%-]+)", first)
    assert names(alice, order="name") == ["Ada", "Bea", "Émile"]
    assert names(alice, order="name", before=place) == ["Zoe"]


def test_a_system_from_before_is_followed_anew(cast: Cast, people: Any, database: Any) -> None:
    tenant = cast.alice.tenant
    with tenant_scope(tenant) as tenant_id:
        SearchToken.objects.filter(tenant_id=tenant_id, token__gte="\U0010fffd").delete()
        before = SearchHead.objects.get(tenant_id=tenant_id).seq

    with psycopg.connect(database.owner, autocommit=True) as owner:
        older.follow_anew(owner)
    with tenant_scope(tenant) as tenant_id:
        assert SearchHead.objects.get(tenant_id=tenant_id).seq == 0 < before
    while step(tenant.pk):
        pass
    assert names(Browser(cast.alice), order="name") == ["Ada", "Bea", "Émile", "Zoe"]


def test_charlie_sees_none_of_them(cast: Cast, people: Any) -> None:
    charlie = Browser(cast.charlie)
    for query in ({"order": "name"}, {"language": "en"}, {"account_name": "Acme"}):
        assert names(charlie, **query) == []
