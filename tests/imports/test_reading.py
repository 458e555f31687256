"""Ugly files are read rightly or refused with a sentence; a fault costs its own row; reading goes on anywhere."""

from __future__ import annotations

import io
import re
import zipfile
from time import monotonic
from typing import TYPE_CHECKING, Any

import pyarrow
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from rapport.imports.reading import losses
from rapport.imports.reading.errors import UnreadableError
from rapport.imports.reading.look import look
from rapport.imports.reading.packed import unpack
from rapport.imports.reading.rows import Layout, Place, after, rows
from tests.imports.ugly import BAD, BLANK, FAULT, GOOD, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.imports.reading.rows import Row


def read(path: Path) -> list[Row]:
    """All rows of a file."""
    unpack(path)
    return rows_of(path)


def rows_of(path: Path) -> list[Row]:
    """All rows of one that is unpacked."""
    seen = look(path)
    return list(rows(path, seen.layout, seen.begin))


def told(row: Row) -> Any:
    """A row as the corpus tells it."""
    return FAULT if row.fault else BLANK if row.blank else row.record


@pytest.mark.parametrize("case", GOOD)
def test_an_ugly_file_is_read_rightly(tmp_path: Path, case: str) -> None:
    content, expected = GOOD[case]
    path = tmp_path / "file"
    path.write_bytes(content)
    begun = monotonic()
    found = read(path)
    assert [told(row) for row in found] == expected
    assert [row.number for row in found] == list(range(1, len(found) + 1))
    assert monotonic() - begun < 20


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_table_is_refused_with_its_sentence(tmp_path: Path, case: str) -> None:
    content, expected = BAD[case]
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=expected.replace(".", r"\.")) as refused:
        read(path)
    assert str(refused.value).endswith(".")
    assert path.read_bytes() == content or case == "packed three times"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("case", [case for case in GOOD if len(GOOD[case][1]) < 400])
def test_reading_goes_on_behind_each_row(tmp_path: Path, case: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(GOOD[case][0])
    whole = read(path)
    layout = look(path).layout
    for row in whole:
        assert list(rows(path, layout, after(row))) == whole[row.number :]


def test_rows_name_their_physical_lines_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'Email,Name\r\na,"x\ny\rz"\r\n\r\nb,"open\r\nc,d')
    found = read(path)
    assert [(row.first_line, row.last_line) for row in found] == [(2, 4), (5, 5), (6, 6), (7, 7)]
    content = path.read_bytes()
    assert [content[row.start : row.end] for row in found] == [b'a,"x\ny\rz"\r\n', b"\r\n", b'b,"open\r\n', b"c,d"]


@given(st.binary(max_size=300))
def test_every_byte_belongs_to_one_row(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252"):
        found = list(rows(path, Layout("csv", encoding, ",", ["a"]), Place()))
        assert b"".join(content[row.start : row.end] for row in found) == content


def test_words_that_are_not_western_are_in_doubt(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("Email,Name\na@example.com,Привет\n".encode("cp1251"))
    assert "Windows-1252" in str(look(path).scan.judged.encoding.doubt)
    path.write_bytes("Email,Name\na@example.com,Müller Zoë\n".encode("cp1252"))
    assert look(path).scan.judged.encoding.doubt is None


def test_a_workbook_says_what_it_did_not_keep(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        workbook(("Email", "Number"), ("a@example.com", 1234567890123456), ("b@example.com", 7), zeros=True)
    )
    notes = unpack(path).notes
    assert [note[:20] for note in notes] == ["Some cells show zero", "Workbooks keep 15 di"]
    assert "1234567890123456 in row 2" in notes[1]


def test_columns_of_one_name_and_times_of_nanoseconds_stay_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "file"
    moment = pyarrow.array([1_700_000_000_123_456_789], pyarrow.timestamp("ns", "UTC"))
    columns = [pyarrow.array(["1"]), pyarrow.array(["2"]), pyarrow.array(["ada@example.com"]), moment]
    parquet.write_table(pyarrow.Table.from_arrays(columns, names=["X", "X", "Email", "At"]), path)
    unpack(path)
    header, row = path.read_text(encoding="utf-8").splitlines()
    assert (header, row.split(",")[:3]) == ("X,X,Email,At", ["1", "2", "ada@example.com"])
    assert "2023-11-14" in row


def test_what_there_is_no_room_for_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(workbook(("Email",), ("ada@example.com",)))
    monkeypatch.setattr("rapport.imports.reading.room.LEFT_FREE", 2**60)
    with pytest.raises(UnreadableError, match="not enough room"):
        unpack(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'a,"b\nc,d\n', "Cell 2 of line 2 begins with a quotation mark that no other one ends"),
        (b'"a\nb","c\nd\n', "Cell 2 of line 3 begins with a quotation mark that no other one ends"),
        (b'a,"' + b"b" * 40_000 + b'"\n', "Cell 2 of line 2 begins with a quotation mark that no other one ends"),
        (b'"a""b",' + b"c" * 40_000 + b"\n", "Cell 2 of line 2 has more than 32,768 characters."),
        (b'a,"b"c\n', "Cell 2 of line 2 goes on behind the quotation mark that ends it"),
    ],
)
def test_a_row_that_is_no_csv_says_which_cell_and_why(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"Email,Name\n" + content)
    assert str(read(path)[0].fault).startswith(sentence)


@pytest.mark.parametrize("first", [b'{"Email": "x", "Name": NaN}', b'{"Email":}', b'me": "x"}', b"<"])
def test_a_bad_first_line_does_not_make_csv_of_ndjson(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(first + b'\n{"Email": "ada@example.com"}\n{"Email": "bob@example.com"}\n')
    assert [told(row) for row in read(path)] == [FAULT, {"Email": "ada@example.com"}, {"Email": "bob@example.com"}]


def test_a_single_bad_line_is_a_bad_row_of_ndjson(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'{"Email":}\n')
    assert [told(row) for row in read(path)] == [FAULT]
    path.write_bytes(b'Email,Told\nada@example.com,"{""a"": 1}"\n')
    assert [told(row) for row in read(path)] == [{"Email": "ada@example.com", "Told": '{"a": 1}'}]


def test_what_is_no_value_in_ndjson_stays_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'{"Email": "ada@example.com", "Name": {"a": [1, true, "1"]}, "Size": 1.50}\n')
    [row] = read(path)
    assert row.record == {"Email": "ada@example.com", "Name": {"a": [1, True, "1"]}, "Size": "1.50"}


#: Cells that a reader of lines, of formulas or of characters may take for something else.
HARD = ["a\rb", "c\r\nd", "e\nf", "\r", "=1+1", "'=1", "''=1", "-5 apples", "-5", "@x", "\tx", "'s"]


@pytest.mark.parametrize("kind", ["workbook", "parquet"])
def test_cells_of_typed_tables_are_no_lines_and_no_formulas(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    rows = [(f"p{n}@example.com", text) for n, text in enumerate(HARD)]
    if kind == "workbook":
        path.write_bytes(workbook(("Email", "=Name"), *rows))
    else:
        columns = dict(zip(("Email", "=Name"), map(list, zip(*rows, strict=True)), strict=True))
        parquet.write_table(pyarrow.table(columns), path)
    assert [told(row) for row in read(path)] == [{"Email": email, "=Name": text} for email, text in rows]
    formulas = [line for line in path.read_bytes().splitlines() if b",=" in line or b",@" in line]
    assert formulas == []


def test_columns_of_one_name_are_refused_where_rows_become_objects(tmp_path: Path) -> None:
    path = tmp_path / "file"
    columns = [pyarrow.array(["a@example.com"]), pyarrow.array(["b@example.com"]), pyarrow.array([["x"]])]
    parquet.write_table(pyarrow.Table.from_arrays(columns, names=["Email", "Email", "Tags"]), path)
    with pytest.raises(UnreadableError) as refused:
        unpack(path)
    assert str(refused.value) == "The file has more than one column Email; leave one of them."


def test_a_long_sheet_is_searched_for_errors_as_long_as_there_is_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "SECONDS", -1.0)
    path = tmp_path / "file"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("People")
        for row in range(3):
            sheet.write_formula(row, 1, "=1/0", value="#DIV/0!")
    assert losses.losses(str(path), "People") == [
        "The sheet is so long that only its first rows were searched for errors.",
        "At least 1 cell holds an error and was read as empty: #DIV/0! in B1.",
    ]


def test_errors_and_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("Empty")
        sheet = made.add_worksheet("A & B")
        sheet.write_row(0, 0, ["Email", "Name", "Size"])
        sheet.write_row(1, 0, ["ada@example.com"])
        sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
        sheet.write_formula(1, 2, "=1+1", value="2")
        sheet.write_formula(2, 2, "=2+2", value="MISSING")
    path.write_bytes(_without_value(book.getvalue()))
    notes = unpack(path).notes
    assert [row.record for row in rows_of(path)] == [{"Email": "ada@example.com", "Name": "", "Size": "2"}]
    assert notes[1:] == [
        "1 cell holds an error and was read as empty: #DIV/0! in B2.",
        "1 formula was never calculated and read as empty: C3; open the workbook in a spreadsheet program and save it.",
    ]


def _without_value(book: bytes) -> bytes:
    """The workbook as programs write it that do not calculate."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb' t="str"(><f>2\+2</f>)<v>MISSING</v>', rb"\1", old.read(name)))
    return made.getvalue()


def test_what_is_no_value_in_parquet_is_none(tmp_path: Path) -> None:
    path = tmp_path / "file"
    columns = {
        "Email": ["ada@example.com", None],
        "List": [["a", "b"], None],
        "Struct": [{"a": 1}, None],
        "Text": [b"Zo\xc3\xab", None],
        "Bytes": [b"\xff\xfe", None],
        "Size": [7, None],
    }
    parquet.write_table(pyarrow.table(columns), path)
    first, second = read(path)
    assert second.blank
    assert first.record == {
        "Email": "ada@example.com", "List": ["a", "b"], "Struct": {"a": "1"}, "Text": "Zoë",
        "Bytes": {"bytes": "fffe"}, "Size": "7",
    }  # fmt: skip
