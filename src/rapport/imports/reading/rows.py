"""The rows of a file, each with its place; a fault in one costs that one only.

Python's `csv`, strict, was the only reader of six that got through every dirty file with exact line numbers. It is fed
line by line; where it fails, the first line of what it took is the row that fails, and the rest is read again.
"""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rapport.records.cells import unguarded
from rapport.records.documents import load_json
from rapport.records.errors import Malformed

from .lines import Line, lines

#: Characters of a cell: as many as a workbook's. One limit for the process, which also bounds what an open quote costs.
CELL_LIMIT = 32_768
csv.field_size_limit(CELL_LIMIT)
CSV, NDJSON = "csv", "ndjson"
#: Heading of the column that a file of failed rows has in front; imports pass over it.
REASON = "Rapport: reason"
_LONG = "Cell {cell} of line {line} has more than {limit:,} characters."
_OPEN = (
    "Cell {cell} of line {line} begins with a quotation mark that no other one ends, "
    "unless behind more than {limit:,} characters or a line that cannot be read."
)
_BEHIND = "Cell {cell} of line {line} goes on behind the quotation mark that ends it; double the marks within a cell."
_ENDS = re.compile(r"\r\n|\r|\n")
_WIDER = "The row has {cells} cells, but there are {headings} headings."


class Place(NamedTuple):
    """Where reading goes on: the next record's first byte, its line, and how many rows were read before."""

    offset: int = 0
    line: int = 1
    rows: int = 0


class Layout(NamedTuple):
    """How a file is read."""

    #: `csv` or `ndjson`.
    format: str
    encoding: str
    delimiter: str = ","
    #: Of CSV, in the order of the columns.
    headings: Sequence[str] = ()


class Row(NamedTuple):
    """One row of a file."""

    #: Counted from 1, without the headings.
    number: int
    #: Heading -> value; None where it cannot be read.
    record: dict[str, Any] | None
    #: The sentence that says why.
    fault: str | None
    #: Its first and last physical line.
    first_line: int
    last_line: int
    #: Its bytes, with the line's end.
    start: int
    end: int
    #: Whether there is no value in it, mapped or not.
    blank: bool = False


class Cells(NamedTuple):
    """One record of CSV as it stands, and the lines that it takes."""

    cells: list[str] | None
    fault: str | None
    first: Line
    last: Line


def rows(path: Path, layout: Layout, place: Place) -> Iterator[Row]:
    """The rows of a file from a place on."""
    with path.open("rb") as file:
        if layout.format == NDJSON:
            yield from _of_ndjson(file, layout, place)
        else:
            yield from _of_csv(file, layout, place)


def after(row: Row) -> Place:
    """Where reading goes on behind a row."""
    return Place(row.end, row.last_line + 1, row.number)


def _of_csv(file: BinaryIO, layout: Layout, place: Place) -> Iterator[Row]:
    found = cells(lines(file, layout.encoding, place.offset, place.line), layout.delimiter)
    for number, one in enumerate(found, place.rows + 1):
        record, fault = _record(one, layout.headings)
        blank = one.cells is not None and not any(map(str.strip, one.cells))
        yield Row(number, record, fault, one.first.number, one.last.number, one.first.start, one.last.end, blank)


def _record(one: Cells, headings: Sequence[str]) -> tuple[dict[str, Any] | None, str | None]:
    """Heading -> value of the cells that are there. Cells without a heading that hold something are a fault."""
    found = one.cells
    if found is None:
        return None, one.fault
    if len(found) > len(headings) and any(map(str.strip, found[len(headings) :])):
        return None, _WIDER.format(cells=len(found), headings=len(headings))
    record = {
        heading: unguarded(cell) if cell[:1] == "'" else cell
        for heading, cell in zip(headings, found, strict=False)
        if heading and heading != REASON
    }
    return record, None


def cells(source: Iterator[Line], delimiter: str) -> Iterator[Cells]:
    """The records of CSV. What a fault has taken too much of is read again, line by line."""
    waiting: deque[Line] = deque()
    while True:
        taken: list[Line] = []
        reader = csv.reader(_texts(waiting, source, taken), delimiter=delimiter, strict=True)
        try:
            for found in reader:
                yield Cells(found, None, taken[0], taken[-1])
                taken.clear()
        except _UnreadableLine as fault:
            if len(taken) > 1:  # it stands within a cell of several lines: these may be rows of their own
                waiting.extendleft(reversed(taken[1:]))
                yield Cells(None, _wrong(taken, delimiter), taken[0], taken[0])
            else:
                yield Cells(None, fault.line.fault, fault.line, fault.line)
        except csv.Error:
            waiting.extendleft(reversed(taken[1:]))
            yield Cells(None, _wrong(taken, delimiter), taken[0], taken[0])
        else:
            return


def _wrong(taken: Sequence[Line], delimiter: str) -> str:
    """Which cell of the lines of a record cannot be read, and why."""
    text = "".join(line.text for line in taken)
    sign = re.escape(delimiter)
    cell = re.compile(rf'"(?P<quoted>(?:[^"]|"")*+)(?P<end>"?)|[^{sign}\r\n]*')
    begun = at = 0
    for number in count(1):
        found = cell.match(text, at)
        assert found is not None  # it may be empty
        begun, at = at, found.end()
        quoted = found["quoted"] is not None
        if quoted and (not found["end"] or len(found["quoted"].replace('""', '"')) > CELL_LIMIT):
            sentence = _OPEN
        elif at - begun > CELL_LIMIT:
            sentence = _LONG
        elif text.startswith(delimiter, at):
            at += len(delimiter)
            continue
        else:
            sentence = _BEHIND
        line = taken[0].number + len(_ENDS.findall(text, 0, begun))
        return sentence.format(cell=number, line=line, limit=CELL_LIMIT)
    raise AssertionError


class _UnreadableLine(Exception):
    """A line with a fault came."""

    def __init__(self, line: Line) -> None:
        super().__init__(line.number)
        self.line = line


def _texts(waiting: deque[Line], source: Iterator[Line], taken: list[Line]) -> Iterator[str]:
    """The texts of the lines, of which `taken` has those of the record under way. Raises `_UnreadableLine`."""
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        taken.append(line)
        if line.fault:
            raise _UnreadableLine(line)
        yield line.text


def _of_ndjson(file: BinaryIO, layout: Layout, place: Place) -> Iterator[Row]:
    found = lines(file, layout.encoding, place.offset, place.line)
    for number, line in enumerate(found, place.rows + 1):
        record, fault = (None, line.fault) if line.fault else json_object(line.text)
        blank = not line.fault and not line.text.strip()
        yield Row(number, record, fault, line.number, line.number, line.start, line.end, blank)


def json_object(text: str) -> tuple[dict[str, Any] | None, str | None]:
    """The object of a line of NDJSON, or the sentence that says why there is none; an empty line has an empty one."""
    if not text.strip():
        return {}, None
    try:
        found = load_json(text.encode())
    except (Malformed, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict):
        return None, "The line must be a valid JSON object."
    found.pop(REASON, None)
    if any(isinstance(value, dict | list) for value in found.values()):
        # What is no value is shown to people as it stands: with numbers that are numbers.
        typed = json.loads(text.removeprefix("\ufeff"), parse_int=_whole)
        found = {name: typed[name] if isinstance(value, dict | list) else value for name, value in found.items()}
    return found, None


def _whole(literal: str) -> int | str:
    """A whole number; Python refuses some of thousands of digits."""
    return int(literal) if len(literal) < 100 else literal
