"""Contacts, accounts, activities and changes as files, by API and on pages."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.tenants import exports
from tests.cast import new_token
from tests.console.visitor import visitor
from tests.stock import change_contact, put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast, Person

WHAT = ("contacts", "accounts", "activities", "changes")


def fetch(person: Person, name: str, status: int = 200) -> Any:
    """The bytes of a file."""
    answer = Client(headers=person.bearer).get(f"/api/exports/{name}")
    assert answer.status_code == status, answer.content
    return answer.getvalue() if status == 200 else answer.json()


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def filled(cast: Cast) -> None:
    """Two contacts, one with a formula, and an account."""
    navy = put_account(cast.alice.tenant, "Navy")
    ada = put_contact(cast.alice.tenant, email="ada@example.com", phone="+44 20 7946 0958", account_id=navy)
    change_contact(cast.alice.tenant, ada, first_name="Ada")
    put_contact(cast.alice.tenant, email="bob@example.com", first_name="=1+1")


def test_contacts_are_rows_under_the_headings_that_imports_know(
    cast: Cast, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapport.directory.exporting.CHUNK", 1)
    ada, bob = rows(fetch(cast.alice, "contacts.csv"))
    assert list(ada) == [
        "Email", "Phone", "First Name", "Last Name", "Account Name", "Job Title", "Job Level", "Language",
        "Time Zone",
    ]  # fmt: skip
    assert (ada["Email"], ada["Phone"], ada["Account Name"]) == ("ada@example.com", "+44 20 7946 0958", "Navy")
    assert bob["First Name"] == "'=1+1"
    lines = [json.loads(line) for line in fetch(cast.alice, "contacts.ndjson").splitlines()]
    assert [line["First Name"] for line in lines] == ["Ada", "=1+1"]
    assert lines[0]["Last Name"] is None
    assert [row["Account Name"] for row in rows(fetch(cast.alice, "accounts.csv"))] == ["Navy"]


def test_only_what_changed_since(cast: Cast, filled: None) -> None:
    assert len(rows(fetch(cast.alice, "contacts.csv?updated_since=2020-01-01"))) == 2
    assert rows(fetch(cast.alice, "contacts.csv?updated_since=2999-01-01")) == []
    for what in WHAT:
        assert fetch(cast.alice, f"{what}.csv?huh=1", 422)["errors"].keys() == {"huh"}


def test_changes_are_the_ledger(cast: Cast, filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.evidence.exporting.CHUNK", 2)
    found = rows(fetch(cast.alice, "changes.csv"))
    assert [row["Number"] for row in found] == ["1", "2", "3", "4"]
    assert json.loads(found[2]["Changes"]) == {}
    assert [row["Kind"] for row in rows(fetch(cast.alice, "changes.csv?cursor=2&type=contact"))] == [
        "updated", "created",
    ]  # fmt: skip
    page = Client(headers=cast.alice.bearer).get("/api/changes").json()["data"]
    assert [json.loads(line) for line in fetch(cast.alice, "changes.ndjson").splitlines()] == page


@pytest.mark.parametrize("kind", exports.MEDIA_TYPES)
@pytest.mark.parametrize("what", WHAT)
def test_nobody_exports_anything_of_others(cast: Cast, filled: None, what: str, kind: str) -> None:
    assert b"ada@example.com" not in fetch(cast.charlie, f"{what}.{kind}")
    token = new_token(cast.alice.tenant, cast.alice.client_id, ["directory:read"])
    answer = Client(headers={"Authorization": f"Bearer {token}"}).get(f"/api/exports/{what}.{kind}")
    assert answer.status_code == 403


def test_pages_export_for_their_members(cast: Cast, filled: None) -> None:
    here = f"/s/{cast.alice.tenant.slug}"
    for what in ("contacts", "accounts", "activities"):
        assert f"{here}/{what}/export.xlsx" in visitor(cast.bob).get(f"{here}/{what}").content.decode()
        assert visitor(cast.bob).get(f"{here}/{what}/export.csv").status_code == 200
        assert visitor(cast.charlie).get(f"{here}/{what}/export.csv").status_code == 404
        assert visitor(None).get(f"{here}/{what}/export.csv").status_code == 302
    for address in ("data/changes/export.csv", "survey-records/export.csv"):
        assert visitor(cast.alice).get(f"{here}/{address}").status_code == 200
        assert visitor(cast.bob).get(f"{here}/{address}").status_code == 403
        assert visitor(cast.charlie).get(f"{here}/{address}").status_code == 404
    assert b"ada@example.com" in visitor(cast.alice).get(f"{here}/contacts/export.csv").getvalue()


def test_parquet_knows_numbers_and_says_what_it_needs(
    cast: Cast, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(fetch(cast.alice, "changes.parquet"))).to_pylist()
    assert [row["Number"] for row in table] == [1, 2, 3, 4]
    assert parquet.read_table(io.BytesIO(fetch(cast.charlie, "contacts.parquet"))).num_rows == 0

    def missing() -> Any:
        raise exports.MissingError("Parquet needs the package pyarrow.")

    monkeypatch.setattr(exports, "_parquet_writer", missing)
    answer = Client(headers=cast.alice.bearer).get("/api/exports/contacts.parquet")
    assert (answer.status_code, json.loads(answer.getvalue())) == (
        501, {"message": "Parquet needs the package pyarrow."},
    )  # fmt: skip


def test_two_columns_of_one_name_are_told_apart() -> None:
    made = exports.Export(name="x", columns=["A", "A", "A 2", "A"], cells=list, represent=dict, pages=lambda: iter(()))
    assert made.columns == ["A", "A 2", "A 2 2", "A 3"]


def test_what_is_longer_than_a_cell_of_a_workbook_says_so() -> None:
    assert exports._of_workbook("x" * 40_000) == "x" * (exports.CELL_LIMIT - 1) + "…"
