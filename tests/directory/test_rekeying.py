"""Keys that older rules gave become those of today, once, without merging or losing anybody."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from django.db import connections

from rapport.cli import diagnosis
from rapport.db.write import Actor
from rapport.directory import hand, rekeying
from rapport.members.models import User
from rapport.tenants import bootstrap, registry
from rapport.tenants.errors import DatabaseUnfitError
from rapport.tenants.models import Tenant
from tests.conftest import django_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Database

#: Contact -> e-mail, phone, and the keys that the rules before gave it.
CONTACTS: dict[int, tuple[str | None, str | None, list[str]]] = {
    1: ("\u017fam@fold.example", None, ["e:sam@fold.example"]),
    2: ("Stra\u00dfe@x.example", None, ["e:strasse@x.example"]),
    3: (None, "00447911123456", ["p:00447911123456"]),
    4: ("d@x.example", "+44 20 7946", ["e:d@x.example", "p:44207946"]),
    5: (None, "0044 20 7946", ["p:0044207946"]),
    6: ("f@x.example", "12345", ["e:f@x.example", "p:12345", "p:0067890"]),
    7: ("mailto:g@x.example", "77777", ["e:mailto:g@x.example", "p:77777"]),
    8: (",h@x.example", "00000", ["e:,h@x.example", "p:00000"]),
}
FOUND = {
    "e:\u017fam@fold.example": 1, "e:stra\u00dfe@x.example": 2, "p:447911123456": 3, "e:d@x.example": 4,
    "p:44207946": 4, "e:f@x.example": 6, "p:12345": 6, "p:67890": 6, "p:77777": 7,
}  # fmt: skip
#: Account -> name, and its keys: (key, alias as it was first sent).
ACCOUNTS: dict[int, tuple[str, list[tuple[str, str | None]]]] = {
    1: ("\u0130STANBUL", [("i\u0307stanbul", None), ("istanbul", "istanbul")]),
    2: ("Acme", [("acme", None), ("ac\u00adme", "Ac\u00admE")]),
    3: ("Acme\u200b", [("acme\u200b", None), ("triple", "Triple")]),
    4: ("Bolt\u200b", [("bolt\u200b", None), ("ac\u200bme", "Ac\u200bme"), ("b\u00adb", "B\u00adB")]),
    5: ("Dove", [("dove", None), ("ze\u00adtt", "Ze\u00adtt")]),
    6: ("Zett\u200b", [("zett\u200b", None)]),
    7: ("\u200b", [("\u200b", None), ("\u200c", "\u200c"), ("seven", "Seven")]),
}
NAMED = {
    "istanbul": (1, None), "acme": (2, None), "triple": (3, "Triple"), "bolt": (4, None),
    "ac\u200bme": (4, "Ac\u200bme"), "bb": (4, "B\u00adB"), "dove": (5, None),
    "ze\u00adtt": (5, "Ze\u00adtt"), "zett": (6, None), "seven": (7, "Seven"),
}  # fmt: skip


@pytest.fixture
def stored(fresh_database: Database) -> Iterator[tuple[int, Database]]:
    """A tenant with the objects above, and its database."""
    with django_on(fresh_database):
        tenant = registry.create("old")
        with psycopg.connect(fresh_database.owner) as owner:
            _enter(owner, tenant.pk)
            for number, (email, phone, keys) in CONTACTS.items():
                _insert(owner, "contacts", tenant.pk, number, email=email, phone=phone)
                for key in keys:
                    owner.execute("insert into contact_keys values (%s, %s, %s)", [tenant.pk, key, UUID(int=number)])
            for number, (name, names) in ACCOUNTS.items():
                _insert(owner, "accounts", tenant.pk, number, name=name)
                for key, label in names:
                    owner.execute(
                        "insert into account_keys (tenant_id, key, account_id, is_alias, label)"
                        " values (%s, %s, %s, %s, %s)",
                        [tenant.pk, key, UUID(int=number), label is not None, label],
                    )
        yield tenant.pk, fresh_database


def _enter(owner: psycopg.Connection, tenant_id: int) -> None:
    owner.execute(f"set local rapport.tenant_id = '{tenant_id}'")


def _insert(owner: psycopg.Connection, table: str, tenant_id: int, number: int, **values: Any) -> None:
    names = ", ".join(("tenant_id", "id", *values, "version", "created_at", "updated_at"))
    marks = ", ".join(["%s"] * (len(values) + 2))
    owner.execute(
        f"insert into {table} ({names}) values ({marks}, 1, now(), now())",
        [tenant_id, UUID(int=number), *values.values()],
    )


def _renew(database: Database) -> None:
    with bootstrap._as_django_database(database.settings) as alias:
        rekeying.run(connections[alias])


def _keys(stored: tuple[int, Database]) -> tuple[dict[str, int], dict[str, tuple[int, str | None]]]:
    tenant_id, database = stored
    with psycopg.connect(database.owner) as owner:
        _enter(owner, tenant_id)
        contacts = owner.execute("select key, contact_id from contact_keys").fetchall()
        accounts = owner.execute("select key, account_id, label, is_alias from account_keys").fetchall()
    assert all(is_alias is (label is not None) for _, _, label, is_alias in accounts)
    return {key: id.int for key, id in contacts}, {key: (id.int, label) for key, id, label, _ in accounts}


@pytest.mark.parametrize("batch", [1000, 2])
def test_keys_become_those_of_today(stored: tuple[int, Database], monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(rekeying, "BATCH", batch)
    _renew(stored[1])
    assert _keys(stored) == (FOUND, NAMED)
    _renew(stored[1])
    assert _keys(stored) == (FOUND, NAMED), "there is nothing left to do"


def test_whatever_stops_it_nobody_is_lost_meanwhile(
    stored: tuple[int, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after each of its batches in turn, it goes on from there."""
    monkeypatch.setattr(rekeying, "BATCH", 2)
    whole, allowed = rekeying._batch, itertools.count()

    def stopping(*given: Any) -> UUID | None:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(rekeying, "_batch", stopping)
    for _ in range(14):
        steps = iter(range(next(allowed)))
        with suppress(KeyboardInterrupt):
            _renew(stored[1])
        contacts, accounts = _keys(stored)
        assert set(contacts.values()) >= set(CONTACTS) - {5, 8}
        assert {number for number, _ in accounts.values()} >= set(ACCOUNTS) - {3}
    steps = iter(range(100))
    _renew(stored[1])
    assert _keys(stored) == (FOUND, NAMED)


def test_it_refuses_while_ingest_runs(stored: tuple[int, Database]) -> None:
    before = _keys(stored)
    with psycopg.connect(stored[1].app, application_name="rapport ingest"):
        with pytest.raises(DatabaseUnfitError, match=r"^Keys change with this version, and ingest is running: stop it"):
            _renew(stored[1])
        assert _keys(stored) == before


def test_a_new_database_has_nothing_to_renew(empty_database: Callable[[], Database]) -> None:
    database = empty_database()
    with psycopg.connect(database.app, application_name="rapport ingest"):
        bootstrap.migrate(database.settings)


def test_doctor_lists_what_collided(stored: tuple[int, Database]) -> None:
    _renew(stored[1])
    finding = diagnosis._keys()
    assert (finding.check, finding.state) == ("keys", "warning")
    known = {"contact": (5, 8), "account": (3, 7)}
    listed = (f"{kind} {UUID(int=number)} of old" for kind, numbers in known.items() for number in numbers)
    assert ", ".join(listed) in finding.text
    assert str(UUID(int=6)) not in finding.text


def test_what_collided_can_be_edited_by_hand(stored: tuple[int, Database]) -> None:
    _renew(stored[1])
    tenant, actor = Tenant.objects.get(pk=stored[0]), Actor("user", UUID(int=9))
    hand.write(tenant, actor, "contact", {"first_name": "G"}, "r", hand.Shown(UUID(int=7)))
    hand.write(tenant, actor, "contact", {"email": "e@x.example"}, "r", hand.Shown(UUID(int=5)))
    hand.write(tenant, actor, "account", {"industry": "Steel"}, "r", hand.Shown(UUID(int=3)))
    hand.write(tenant, actor, "account", {"account_name": "Acme Two"}, "r", hand.Shown(UUID(int=3)))
    hand.write(tenant, actor, "contact", {"email": "h@x.example"}, "r", hand.Shown(UUID(int=8)))
    hand.write(tenant, actor, "account", {"account_name": "Eight"}, "r", hand.Shown(UUID(int=7)))
    by_hand = {"e:e@x.example": 5, "e:h@x.example": 8}, {"acme two": (3, None), "eight": (7, None)}
    assert _keys(stored) == (FOUND | by_hand[0], NAMED | by_hand[1])
    assert diagnosis._keys().state == "ok"


def test_people_and_touchpoints_are_renewed_whenever_the_schema_is(stored: tuple[int, Database]) -> None:
    tenant_id, database = stored
    # From before addresses that our mail cannot reach were refused.
    person = User.objects.create(email="s@x.example", name="S")
    User.objects.filter(pk=person.pk).update(email="Stra\u00dfe@x.example", email_key="strasse@x.example")
    add = "insert into touchpoints (tenant_id, id, name, name_key, active) values (%s, %s, %s, %s, true)"
    with psycopg.connect(database.owner) as owner:
        _enter(owner, tenant_id)
        for number, (name, key) in enumerate([("Shop\u200b", "shop\u200b"), ("Shop", "shop"), ("\u0130", "i\u0307")]):
            owner.execute(add, [tenant_id, UUID(int=number), name, key])
    bootstrap.migrate(database.settings)
    person.refresh_from_db()
    assert person.email_key == "stra\u00dfe@x.example"
    with psycopg.connect(database.owner) as owner:
        _enter(owner, tenant_id)
        found = owner.execute("select name_key from touchpoints order by id").fetchall()
    assert found == [("shop\u200b",), ("shop",), ("i",)], "one that is taken stays"
