"""Receipts of real records: from the history, the ledger and the configuration as it was then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from rapport.configurations import edits
from rapport.configurations.locks import editing
from rapport.evidence import trace
from rapport.history.models import Change, SentRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk
from tests.evidence.delivery import deliver

if TYPE_CHECKING:
    from rapport.evidence.receipts import DrawnReceipt
    from tests.cast import Cast, Person
    from tests.conftest import Database


def receipt(person: Person, row: SentRecord) -> DrawnReceipt:
    with tenant_scope(person.tenant) as tenant_id:
        return trace.receipt(tenant_id, row)


def stored(drawn: DrawnReceipt) -> list[tuple[str, str, tuple[object, object] | None]]:
    return [(line.heading, fate.told, fate.change) for line in drawn.lines for fate in line.fates]


def test_a_record_and_its_next_version(cast: Cast, database: Database) -> None:
    sent = {"Email": "ada@example.com", "First Name": "Ada", "Account Name": "Acme"}
    [row] = deliver(database, cast.alice, sent)
    drawn = receipt(cast.alice, row)
    assert [(each.label, each.outcome, each.name) for each in drawn.objects] == [
        ("Contact", "created", "Ada"),
        ("Account", "created", "Acme"),
    ]
    assert stored(drawn)[1] == ("First Name", "stored as First Name of the contact", (None, "Ada"))
    [row] = deliver(database, cast.alice, sent | {"First Name": "Augusta", "Frist Name": "x"})
    assert stored(receipt(cast.alice, row)) == [
        ("Email", "found the contact by its e-mail address", None),
        ("First Name", "stored as First Name", ("Ada", "Augusta")),
        ("Account Name", "found the account by its name", None),
        ("Frist Name", "ignored: nothing maps this heading", None),
    ]


def test_each_record_of_a_batch_has_its_own_changes(cast: Cast, database: Database) -> None:
    names = ["Ada", "Ada", "Augusta", "Countess"]
    rows = deliver(database, cast.alice, *({"Email": "ada@example.com", "First Name": name} for name in names))
    changes = [[change for heading, _, change in stored(receipt(cast.alice, row)) if change] for row in rows]
    assert [found[-1:] for found in changes] == [
        [(None, "Ada")], [], [("Ada", "Augusta")], [("Augusta", "Countess")]
    ]  # fmt: skip


def test_a_request_id_that_comes_twice_mixes_nothing_up(cast: Cast, database: Database) -> None:
    first, second = (
        deliver(database, cast.alice, {"Email": "ada@example.com", "First Name": name})[0] for name in ("Ada", "Grace")
    )
    assert stored(receipt(cast.alice, first))[1][2] == (None, "Ada")
    assert stored(receipt(cast.alice, second))[1][2] == ("Ada", "Grace")


def test_an_alias_and_its_new_account(cast: Cast, database: Database) -> None:
    sent = {"Account Name": "Acme", "Alias": "Acme Inc"}
    [row] = deliver(database, cast.alice, sent, configuration="account-alias")
    assert [(heading, change) for heading, _, change in stored(receipt(cast.alice, row))] == [
        ("Account Name", (None, "Acme")),
        ("Alias", (None, "Acme Inc")),
    ]


def test_a_receipt_shows_the_configuration_as_it_was(cast: Cast, database: Database) -> None:
    mapping = [{"heading": "Email", "field": "email"}, {"heading": "Name", "field": "first_name"}]
    content = {"name": "Own", "kind": "api", "data_type": "contact", "mapping": mapping, "reference": "own"}
    with editing(cast.alice.tenant) as tenant_id:
        edits.create(tenant_id, COMMAND, content)
    [row] = deliver(database, cast.alice, {"Email": "a@example.com", "Name": "Ada"}, configuration="own")
    with editing(cast.alice.tenant) as tenant_id:
        own = edits.find(tenant_id, "own")
        edits.change(own, COMMAND, {"name": "Own", "mapping": mapping[:1]})
    assert stored(receipt(cast.alice, row))[1] == ("Name", "stored as First Name", (None, "Ada"))


def test_what_was_not_kept_is_not_there(cast: Cast, database: Database) -> None:
    [row] = deliver(database, cast.alice, {"Email": "a@example.com"}, keep_sent=False)
    drawn = receipt(cast.alice, row)
    assert (drawn.kept, stored(drawn)) == (False, [("Email", "stored as Email", (None, "a@example.com"))])


def test_a_change_leads_to_its_record(cast: Cast, database: Database) -> None:
    names = ["Ada", "Ada", "Augusta", "Countess"]
    deliver(database, cast.alice, {"Email": "ada@example.com"})
    rows = deliver(database, cast.alice, *({"Email": "ada@example.com", "First Name": name} for name in names))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        changes = list(Change.objects.filter(tenant_id=tenant_id).order_by("seq"))
        found = [trace.of_change(tenant_id, change) for change in changes]
        assert found[1:] == [rows[0], rows[2], rows[3]]
        assert found[0] not in rows
        changes[0].record = uuid7()
        assert trace.of_change(tenant_id, changes[0]) is None


def test_a_receipt_costs_the_same_however_much_was_touched(cast: Cast, database: Database) -> None:
    sent = {"Email": "ada@example.com", "Account Name": "Acme"}
    counts = []
    for reference in ("contact", "multi-object"):
        [row] = deliver(database, cast.alice, sent, configuration=reference)
        with tenant_scope(cast.alice.tenant) as tenant_id, CaptureQueriesContext(connection) as captured:
            trace.receipt(tenant_id, row)
        counts.append(len(captured))
    assert counts[1] <= counts[0] + 1 <= 10, "and one for whose survey record it is"


def test_a_form_has_a_receipt_like_any_record(cast: Cast, database: Database) -> None:
    desk = Desk(cast.alice)
    contact = desk.make("contact", email="ada@example.com", first_name="Zoe")
    desk.save("contact", contact, first_name="Ada")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        change = Change.objects.get(tenant_id=tenant_id, version=2)
        row = trace.of_change(tenant_id, change)
        assert row is not None
    assert stored(receipt(cast.alice, row)) == [("First Name", "stored as First Name", ("Zoe", "Ada"))]


def test_what_is_from_before_records_had_ids_is_guessed_and_says_so(cast: Cast, database: Database) -> None:
    rows = deliver(database, cast.alice, *({"Email": "ada@example.com", "First Name": name} for name in ("Ada", "Eve")))
    with psycopg.connect(database.owner) as owner:
        owner.execute(f"set local rapport.tenant_id = '{cast.alice.tenant.pk}'")
        owner.execute("update changes set record = null, prev = null")
        owner.execute("update requests set id = uuidv7()")
    with tenant_scope(cast.alice.tenant) as tenant_id:
        before = SentRecord.objects.filter(tenant_id=tenant_id).order_by("position")
        drawn = [trace.receipt(tenant_id, row) for row in before]
        changes = Change.objects.filter(tenant_id=tenant_id).order_by("seq")
        assert [trace.of_change(tenant_id, change) for change in changes] == list(before)
    assert len(rows) == 2
    assert [stored(each)[1][2] for each in drawn] == [(None, "Ada"), ("Ada", "Eve")]
    assert [each.guessed for each in drawn] == [True, True]
