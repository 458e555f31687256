from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connection

from rapport.evidence import listing
from rapport.tenants.scope import tenant_scope
from tests.stock import change_contact, put_contact

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast

REQUEST = (
    "insert into requests (tenant_id, at, id, request_id, position, actor_type, status, outcome, objects, sent, errors)"
    " values (%s, timestamptz '2026-11-23 10:00+00' + %s * interval '1 second', gen_random_uuid(), 'r', %s, 'app', 422,"
    " 'rejected', '[]', %s, %s)"
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CHUNK", 3)


def note(tenant: Tenant, count: int) -> None:
    with tenant_scope(tenant) as tenant_id, connection.cursor() as cursor:
        for number in range(count):
            sent = r'{"Email": "a\u0000b", "First": "\ud800"}'
            cursor.execute(REQUEST, [tenant_id, number // 2, number, sent, '{"record.Email": ["No."]}'])


def test_the_ledger_is_read_in_its_order_without_a_gap(cast: Cast) -> None:
    tenant = cast.alice.tenant
    contact = put_contact(tenant, email="ada@example.com")
    for number in range(7):
        change_contact(tenant, contact, first_name=str(number))
    changes = list(listing.changes(tenant))
    assert [change["seq"] for change in changes] == list(range(1, 9))
    assert set(changes[0]) == {
        "seq", "at", "object_type", "object_id", "version", "kind", "diff", "actor_type", "actor_id", "request_id",
        "configuration_id", "configuration_version", "record", "prev", "links",
    }  # fmt: skip
    assert changes[0]["object_id"] == str(contact)
    assert changes[0]["at"].endswith("Z")
    json.dumps(changes)


@pytest.mark.parametrize(
    ("since", "limit", "expected"),
    [(0, 1, [1]), (0, 3, [1, 2, 3]), (0, 4, [1, 2, 3, 4]), (5, None, [6, 7]), (5, 1, [6]), (7, 9, []), (0, 0, [])],
)
def test_the_ledger_is_read_from_where_one_stopped(
    cast: Cast, since: int, limit: int | None, expected: list[int]
) -> None:
    for number in range(7):
        put_contact(cast.alice.tenant, email=f"{number}@example.com")
    assert [change["seq"] for change in listing.changes(cast.alice.tenant, since, limit)] == expected


def test_requests_are_read_newest_first_each_once(cast: Cast) -> None:
    note(cast.alice.tenant, 8)
    rows = list(listing.requests(cast.alice.tenant))
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert sorted(row["position"] for row in rows) == list(range(8))
    assert [row["id"] for row in listing.requests(cast.alice.tenant, limit=5)] == [row["id"] for row in rows[:5]]
    UUID(rows[0]["id"])
    json.dumps(rows)


def test_what_was_refused_is_shown_as_it_was_sent(cast: Cast) -> None:
    note(cast.alice.tenant, 1)
    (row,) = listing.requests(cast.alice.tenant)
    assert row["sent"] == {"Email": "a\0b", "First": "\ud800"}
    assert (row["errors"], row["objects"], row["ignored"]) == ({"record.Email": ["No."]}, [], None)


def test_the_stranger_reads_no_history_of_ours(cast: Cast) -> None:
    put_contact(cast.alice.tenant, email="ada@example.com")
    note(cast.alice.tenant, 2)
    assert list(listing.changes(cast.charlie.tenant)) == []
    assert list(listing.requests(cast.charlie.tenant)) == []
