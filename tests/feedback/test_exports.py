"""Files of responses and survey records: complete, streamed, and no formula in them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from rapport.feedback import counting, exporting
from rapport.tenants import exports
from tests.feedback.stock import put_external, put_response, put_survey, put_survey_record
from tests.stock import put_account, put_contact

if TYPE_CHECKING:
    from tests.cast import Cast, Person


def fetch(person: Person, name: str, status: int = 200) -> Any:
    """The bytes of a file."""
    answer = Client(headers=person.bearer).get(f"/api/exports/{name}")
    assert answer.status_code == status
    if status == 200:
        assert answer.streaming
        return b"".join(answer.streaming_content)
    return answer.json()


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def filled(cast: Cast) -> None:
    """A response, a survey record that waits, an external response with a formula."""
    tenant = cast.alice.tenant
    navy = put_account(tenant, "Navy")
    ada = put_contact(tenant, email="ada@example.com", phone="+44 20 7946", first_name="Ada", account_id=navy)
    put_response(
        tenant,
        put_survey(tenant),
        9,
        record=put_survey_record(tenant, ada, account_id=navy),
        comment='Good, "really"\nyes',
        answers={"nps": 9, "drivers": ["price", "service"], "again": "yes"},
    )
    put_survey_record(tenant, ada, at=datetime.now(UTC))
    put_external(tenant, 2, contact=put_contact(tenant, first_name="=1+1"), comment="@SUM(A1)")


@pytest.mark.parametrize("counted", [True, False])
def test_a_file_of_responses(cast: Cast, filled: None, counted: bool) -> None:
    if counted:
        counting.step(cast.alice.tenant.pk)
    first, second = rows(fetch(cast.alice, "responses.csv"))
    assert (first["NPS Score"], first["Group"], first["Comment"]) == ("9", "Promoter", 'Good, "really"\nyes')
    assert (first["Drivers"], first["Would you buy again?"]) == ("Price, Service", "Surely")
    assert (first["Contact"], first["Phone"], first["Account Name"]) == ("Ada", "+44 20 7946", "Navy")
    assert (first["Answered"], first["Follow-up"]) == ("2026-03-10 12:00:00", "Open")
    assert (second["Comment"], second["Contact"], second["Source"]) == ("'@SUM(A1)", "'=1+1", "Collected elsewhere")
    assert [row["NPS Score"] for row in rows(fetch(cast.alice, "responses.csv?group=detractor"))] == ["2"]
    lines = [json.loads(line) for line in fetch(cast.alice, "responses.ndjson").splitlines()]
    assert [(line["nps"], line["comment"]) for line in lines] == [(9, 'Good, "really"\nyes'), (2, "@SUM(A1)")]


def test_a_file_of_survey_records_has_the_links_of_those_that_wait(cast: Cast, filled: None) -> None:
    first, second = rows(fetch(cast.alice, "survey-records.csv"))
    assert (first["State"], first["Link"]) == ("Answered", "")
    assert second["State"] == "Sent"
    assert "/a/" in second["Link"]
    assert Client().get(second["Link"].partition("/a/")[2].join(("/a/", ""))).status_code == 200
    assert len(rows(fetch(cast.alice, "survey-records.csv?state=sent"))) == 1


def cells(content: bytes, sheet: int = 1) -> list[list[str]]:
    """The texts and numbers of a worksheet."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        tree = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314 (made here)
    assert tree.find(f".//{space}f") is None, "no formula"
    return [["".join(cell.itertext()) for cell in row] for row in tree.iter(f"{space}row")]


def test_a_workbook_goes_on_with_another_sheet(cast: Cast, filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    heads, first, second = cells(fetch(cast.alice, "responses.xlsx"))
    assert dict(zip(heads, first, strict=False))["NPS Score"] == "9"
    assert "=1+1" in second
    monkeypatch.setattr(exports, "SHEET_ROWS", 2)
    monkeypatch.setattr(exporting, "CHUNK", 1)
    book = fetch(cast.alice, "responses.xlsx")
    assert [cells(book, sheet)[0] for sheet in (1, 2)] == [heads, heads]
    assert [len(cells(book, sheet)) for sheet in (1, 2)] == [2, 2]


def test_nothing_is_a_file_with_its_headings(cast: Cast) -> None:
    assert fetch(cast.alice, "responses.csv").startswith(b"Number,Answered,NPS Score,")
    assert len(cells(fetch(cast.alice, "survey-records.xlsx"))) == 1
    assert fetch(cast.alice, "responses.ndjson") == b""


def test_charlie_exports_nothing_of_ours_and_mistakes_are_told(cast: Cast, filled: None) -> None:
    for name in ("responses", "survey-records"):
        assert rows(fetch(cast.charlie, f"{name}.csv")) == []
        assert fetch(cast.alice, f"{name}.csv?huh=1", 422)["errors"].keys() == {"huh"}
