"""What came under headings that nothing maps is counted and kept, outside of any record's transaction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from rapport.configurations import unmapped
from rapport.db.queries import statement
from rapport.groups.headings import VALUE_LIMIT, VALUES_LIMIT
from rapport.history.models import UnmappedValue
from rapport.tenants.scope import tenant_scope
from rapport.tenants.statements import fetch
from tests.ingest.serving import serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.tenants.models import Tenant
    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Caller, Look

NOTE_HEADINGS = statement("note_headings")
TOLD = "select sum(count) from unmapped_headings"
COUNTED = "select heading, count from unmapped_headings order by heading"


def counted(look: Look, caller: Caller, wanted: dict[str, int]) -> None:
    """Wait until just these headings are counted."""

    def found() -> dict[str, int]:
        return {row["heading"]: row["count"] for row in look(caller.person, COUNTED)}

    until(lambda: found() == wanted, f"{wanted} are counted", patience=10)


def test_every_door_counts(alice: Caller, look: Look) -> None:
    alice.record({"Email": "ada@example.com", "Frist Name": "Ada", "Shoe Size": "38"})
    alice.batch([{"Email": "grace@example.com", "Frist Name": "Grace"}, {"Frist Name": "Nobody"}])
    counted(look, alice, {"Frist Name": 3, "Shoe Size": 1})
    rows = look(alice.person, "select value, email_key from unmapped_values where heading = 'Frist Name' order by id")
    assert sorted((row["value"], row["email_key"]) for row in rows) == [
        ("Ada", "ada@example.com"), ("Grace", "grace@example.com"), ("Nobody", None)
    ]  # fmt: skip


def test_workers_and_seconds_add_up(alice: Caller, look: Look) -> None:
    for number in range(20):
        alice.record({"Phone": f"55555{number}", "Frist Name": "Ada"})
    counted(look, alice, {"Frist Name": 20})
    alice.record({"Phone": "555550", "Frist Name": "Ada"})
    counted(look, alice, {"Frist Name": 21})
    (row,) = look(alice.person, "select first_seen < last_seen as later from unmapped_headings")
    assert row["later"]


def test_a_refused_record_counts_and_a_rehearsal_does_not(alice: Caller, look: Look) -> None:
    assert alice.record({"E-mail": "ada@example.com"}).status_code == 422
    alice.record({"Email": "ada@example.com", "Rehearsed": "x"}, params={"dry_run": "true"})
    counted(look, alice, {"E-mail": 1})


def test_mapped_headings_are_remembered_too(alice: Caller, look: Look) -> None:
    alice.record({"Email": "ada@example.com", "First Name": "Ada", "Frist Name": "Ada"})
    until(lambda: look(alice.person, "select from mapped_headings"), "they are told", patience=10)
    assert [row["heading"] for row in look(alice.person, "select heading from mapped_headings order by 1")] == [
        "Email", "First Name"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Ada ", "  Ada "),
        (None, ""),
        (True, "true"),
        (12, "12"),
        ({"a": ["b"]}, '{"a":["b"]}'),
        ("nul \0 and \ud800", "nul ? and ?"),
        ("x" * 2000, "x" * VALUE_LIMIT),
    ],
)
def test_values_of_any_kind_are_kept(alice: Caller, look: Look, sent: Any, kept: str) -> None:
    body = json.dumps({"configuration": "contact", "record": {"Email": "ada@example.com", "Odd": sent}})
    alice.put("/records", content=body, headers={"Content-Type": "application/json"})
    (row,) = until(lambda: look(alice.person, "select value from unmapped_values"), "it is kept", patience=10)
    assert row["value"] == kept


def test_only_so_many_headings_are_told_apart(alice: Caller, look: Look) -> None:
    for part in range(3):
        alice.batch([{"Email": "ada@example.com", f"Odd {part} {number:03}": "x"} for number in range(90)])
    until(lambda: look(alice.person, "select sum(count) from unmapped_headings")[0]["sum"] == 270, "all are counted")
    (row,) = look(
        alice.person, "select count(*), sum(count) filter (where heading = '') as rest from unmapped_headings"
    )
    assert row == {"count": 201, "rest": 70}


def test_a_heading_seen_once_gives_way_to_one_seen_often(alice: Caller, look: Look) -> None:
    """Two hundred old ones do not keep out a new one, nor does a flood of new ones what comes again and again."""

    def send(*headings: str) -> None:
        before = look(alice.person, TOLD)[0]["sum"] or 0
        alice.batch([{"Email": "ada@example.com", heading: "x"} for heading in headings])
        until(lambda: look(alice.person, TOLD)[0]["sum"] == before + len(headings), "they are counted")

    send(*(f"Old {number:03}" for number in range(180) for _ in range(2)))
    send(*(f"Once {number:03}" for number in range(20)))
    send("New")
    send("New", *(f"Flood {number:03}" for number in range(190)))
    rows = {row["heading"]: row["count"] for row in look(alice.person, COUNTED)}
    assert len(rows) == 201
    assert rows["New"] == 2
    assert sum(heading.startswith("Old") for heading in rows) == 179 + (rows.get("Old 000") == 2)
    kept = look(alice.person, "select distinct heading from unmapped_values")
    assert {row["heading"] for row in kept} == rows.keys() - {""}


def test_only_the_newest_values_are_kept(alice: Caller, look: Look) -> None:
    """Of one second, which the worker sees to."""
    sent = VALUES_LIMIT + 50
    alice.batch([{"Email": "ada@example.com", "Odd": str(number)} for number in range(sent)])
    counted(look, alice, {"Odd": sent})
    rows = look(alice.person, "select value from unmapped_values order by id")
    assert [row["value"] for row in rows] == [str(number) for number in range(50, sent)]


def test_the_newest_thousand_values_are_kept(tenant: Tenant) -> None:
    """Of all seconds, which only the database can see to."""
    configuration, at = uuid7(), datetime.now(UTC).isoformat()
    heading = {"configuration": str(configuration), "heading": "Odd"}

    def note(*numbers: int) -> list[str]:
        values = [{**heading, "id": str(UUID(int=number)), "at": at, "value": str(number)} for number in numbers]
        seen = {**heading, "count": len(values), "first_seen": at, "last_seen": at}
        with tenant_scope(tenant) as tenant_id:
            fetch(NOTE_HEADINGS, tenant_id, json.dumps({"headings": [seen], "values": values, "mapped": []}))
            rows = UnmappedValue.objects.filter(tenant_id=tenant_id, configuration_id=configuration)
            return list(rows.order_by("id").values_list("value", flat=True))

    assert note(*range(1, 1001)) == [str(number) for number in range(1, 1001)]
    assert note(*range(1001, 1004)) == [str(number) for number in range(4, 1004)]


def test_a_tenant_that_keeps_nothing_keeps_no_values(alice: Caller, cast: Cast, look: Look) -> None:
    tenant = cast.alice.tenant
    tenant.sent_days = 0
    tenant.save(update_fields=["sent_days"])
    alice.record({"Email": "ada@example.com", "Odd": "x"})
    counted(look, alice, {"Odd": 1})
    assert look(alice.person, "select from unmapped_values") == []


def test_values_can_be_erased_by_their_contacts_keys(alice: Caller, look: Look) -> None:
    alice.record({"Email": "ada@example.com", "Odd": "x"})
    alice.record({"Phone": "555 55 55", "Odd": "y"})
    alice.record({"Phone": "666 66 66", "Odd": "z"})
    counted(look, alice, {"Odd": 3})
    with tenant_scope(alice.person.tenant) as tenant_id:
        assert unmapped.erase(tenant_id, ["ada@example.com"], ["5555555"]) == 2
    assert look(alice.person, "select value from unmapped_values") == [{"value": "z"}]


def test_what_is_counted_survives_an_orderly_stop(database: Database, cast: Cast, tmp_path: Path, look: Look) -> None:
    from tests.ingest.conftest import Caller  # noqa: PLC0415

    with serving(database, tmp_path, workers=1) as server, Caller(server.url, cast.alice) as alice:
        alice.record({"Email": "ada@example.com", "Odd": "x"})
    assert look(cast.alice, COUNTED) == [{"heading": "Odd", "count": 1}]
