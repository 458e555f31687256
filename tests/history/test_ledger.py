"""Walking an object's ledger, and finding moments in it, say what a scan would."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from rapport.directory.models import Account, Contact
from rapport.history import ledger
from rapport.history.models import Change
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch
from tests.directory.feed import feed
from tests.stock import change_contact, put_contact

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.conftest import Database

APP = uuid7()


def written(database: Database, tenant: Tenant, chance: random.Random) -> None:
    """Few contacts and accounts changed in turn, here and there by a writer that knew no records yet."""
    old = [put_contact(tenant, email=f"{number}@old.example") for number in range(2)]
    for number in range(40):
        if chance.random() < 0.3:
            change_contact(tenant, chance.choice(old), first_name=str(number))
            continue
        account = f"Account {chance.randrange(2)}"
        records = [
            {"Email": f"{chance.randrange(2)}@{chance.choice(['old', 'new'])}.example", "First Name": str(number)},
            {"Email": f"{chance.randrange(2)}@new.example", "Account Name": account},
            {"": "account-alias", "Account Name": account, "Alias": f"Alias {chance.randrange(2)}"},
            {"": "multi-object", "Email": "0@new.example", "Account Name": account, "Region": str(number)},
        ]
        feed(database.settings, tenant.pk, APP, *chance.sample(records, 2))


@pytest.mark.parametrize("seed", range(4))
def test_walking_equals_the_ledger_filtered_by_object(cast: Cast, database: Database, seed: int) -> None:
    tenant, chance = cast.alice.tenant, random.Random(seed)  # noqa: S311
    written(database, tenant, chance)
    with tenant_scope(tenant) as tenant_id:
        every = list(Change.objects.filter(tenant_id=tenant_id).order_by("-seq"))
        told = [*Contact.objects.filter(tenant_id=tenant_id), *Account.objects.filter(tenant_id=tenant_id)]
        assert {change.record is None for change in every} == {True, False}
        for row in told:
            own = [change for change in every if change.object_id == row.id]
            assert list(ledger.walk(row)) == own
            for below in (1, chance.choice(own).seq, chance.choice(every).seq, every[0].seq + 1):
                assert list(ledger.walk(row, below)) == [change for change in own if change.seq < below]


def test_a_walk_reads_no_more_than_it_is_asked_for(cast: Cast, database: Database) -> None:
    tenant = cast.alice.tenant
    for number in range(3):
        feed(database.settings, tenant.pk, APP, *({"Email": "a@b", "Last Name": f"{number}.{n}"} for n in range(30)))
    with tenant_scope(tenant) as tenant_id:
        row = Contact.objects.get(tenant_id=tenant_id)
        walk = ledger.walk(row)
        assert next(walk).version == 90
        Change.objects.filter(tenant_id=tenant_id, version=50).update(diff={})
        assert [change.version for change in walk] == list(range(89, 0, -1))


def test_every_moment_found_equals_a_scan(cast: Cast, database: Database) -> None:
    tenant = cast.alice.tenant
    written(database, tenant, random.Random(9))  # noqa: S311
    with tenant_scope(tenant) as tenant_id:
        every = list(Change.objects.filter(tenant_id=tenant_id).order_by("seq"))
        assert [change.at for change in every] == sorted(change.at for change in every)
        moments = {change.at + timedelta(microseconds=step) for change in every for step in (-1, 0, 1)}
        for moment in moments:
            scanned = next((change.seq for change in every if change.at >= moment), len(every) + 1)
            assert ledger.first_since(tenant_id, moment, len(every)) == scanned
        assert ledger.first_since(tenant_id, every[0].at, 0) == 1


def test_times_never_fall_though_the_clock_does(cast: Cast, database: Database) -> None:
    """The head remembers the newest: a clock that went back by a minute does not."""
    tenant = cast.alice.tenant
    feed(database.settings, tenant.pk, APP, {"Email": "a@b"})
    with tenant_scope(tenant) as tenant_id, connection.cursor() as cursor:
        cursor.execute("update tenant_heads set at = at + interval '1 minute' where tenant_id = %s", [tenant_id])
    feed(database.settings, tenant.pk, APP, {"Email": "b@b"}, {"Email": "c@b"})
    with tenant_scope(tenant) as tenant_id:
        first, *later = Change.objects.filter(tenant_id=tenant_id).order_by("seq").values_list("at", flat=True)
        assert later == [first + timedelta(minutes=1)] * 2


@pytest.mark.parametrize(
    ("name", "index"),
    [("_WALK_CHANGES", r"changes_record .*\n +Index Cond: \(\(tenant_id = \S+\) AND \(record = "),
     ("_FIND_MOMENT", r"changes_pkey .*\n +Index Cond: \(\(tenant_id = \S+\) AND \(seq = ")],
)  # fmt: skip
def test_they_look_up_by_index(cast: Cast, database: Database, name: str, index: str) -> None:
    tenant = cast.alice.tenant
    feed(database.settings, tenant.pk, APP, {"Email": "a@b"})
    with tenant_scope(tenant) as tenant_id:
        at = Change.objects.get(tenant_id=tenant_id).at
        values = {"_WALK_CHANGES": (UUID(int=1), UUID(int=2), 32), "_FIND_MOMENT": (at, 1)}[name]
        fetch("select set_config('enable_seqscan', 'off', true)")
        plan = "\n".join(line for (line,) in fetch(f"explain (costs off) {getattr(ledger, name)}", tenant_id, *values))
    assert re.search(index, plan), plan


OLD_CHANGE = """
select write_group_1(
    %(tenant)s, now(), '{}', '{}', '{}', '{}', '{}',
    array[row(%(id)s, 'a@b', null, %(name)s, null, null, null, null, null, '{}', %(base)s + 1,
              %(base)s)::contact_write],
    '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    array[row('contact', %(id)s, %(base)s + 1, 'updated', %(diff)s, 'app', null, 'old')::change_write]
)
"""


def test_a_writer_of_the_version_before_works_beside(cast: Cast, database: Database) -> None:
    """It knows no records: it leaves `last_record` alone, and its entries fall out of no walk."""
    tenant = cast.alice.tenant
    feed(database.settings, tenant.pk, APP, {"Email": "a@b", "First Name": "1"})
    with tenant_scope(tenant) as tenant_id:
        contact = Contact.objects.get(tenant_id=tenant_id)
    for version in (1, 3):
        with psycopg.connect(database.app) as old:
            diff = Jsonb({"first_name": [str(version), str(version + 1)]})
            values = {"tenant": tenant.pk, "id": contact.id, "base": version, "name": str(version + 1), "diff": diff}
            old.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
            old.execute(OLD_CHANGE, values)
        [receipt] = feed(database.settings, tenant.pk, APP, {"Email": "a@b", "First Name": str(version + 2)})
        assert receipt.objects[0].changes == {"first_name": (str(version + 1), str(version + 2))}
    with tenant_scope(tenant) as tenant_id:
        walked = list(ledger.walk(Contact.objects.get(tenant_id=tenant_id)))
        assert [(change.version, change.record is None) for change in walked] == [
            (5, False), (4, True), (3, False), (2, True), (1, False)
        ]  # fmt: skip
        assert [change.prev for change in walked[::2]] == [walked[2].record, walked[4].record, None]
