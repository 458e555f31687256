"""What a file is: format, encoding, delimiter, headings, where its rows begin."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rapport.records.cells import unguarded
from rapport.records.errors import Invalid
from rapport.records.fields import check_text

from .dialect import delimiter, said
from .encodings import Encoding, Scan, scan
from .errors import HeadingsError, UnreadableError
from .lines import Line, lines
from .readings import readings
from .rows import CSV, NDJSON, Layout, Place, cells, json_object

#: Bytes that tell delimiter and, of NDJSON, headings.
SAMPLE = 128 * 1024
#: How an object begins, and no cell does.
_OBJECT = re.compile(r'\{\s*["}]')
#: As many as a workbook has.
COLUMNS_LIMIT = 16_384


class Look(NamedTuple):
    """What was seen."""

    layout: Layout
    #: Where the first row begins.
    begin: Place
    scan: Scan
    #: Where the line of headings begins; where the first row does if there is none.
    head: Place


def look(path: Path, encoding: str | None = None) -> Look:
    """What a file is; `encoding` where somebody has said it. Raises `UnreadableError`."""
    seen = scan(path)
    looks = seen.judged.encoding
    if encoding is not None:
        return _in(path, seen, Encoding(encoding, looks.mark if encoding == looks.name else 0))
    try:
        return _in(path, seen, looks)
    except HeadingsError:
        # In doubt it is whichever encoding reads at least the headings; a person sees it before a row is written.
        for other in readings(seen.judged.lines, seen.judged.likely) if looks.doubt else ():
            with suppress(UnreadableError):
                return _in(path, seen, looks._replace(name=other["encoding"]))
        raise


def _in(path: Path, seen: Scan, encoding: Encoding) -> Look:
    """What a file is in an encoding. Raises `UnreadableError`."""
    seen = seen._replace(judged=seen.judged._replace(encoding=encoding))
    if seen.size <= encoding.mark:
        raise UnreadableError("The file is empty.")
    first = _first_lines(path, encoding)
    head = next((line for line in first if line.text.strip() or line.fault), None)
    if head is None:
        raise UnreadableError("The file has no headings: its first lines are empty.")
    text = head.text.lstrip()
    if _is_ndjson(first, text):
        begin = Place(encoding.mark)
        return Look(_of_ndjson(first, encoding), begin, seen, begin)
    if text.startswith("<"):
        raise UnreadableError("The file is XML or HTML; save it as CSV or a workbook.")
    if text.startswith("["):
        raise UnreadableError("JSON must be NDJSON: one object a line, without an array around them.")
    layout, *places = _of_csv(path, first[first.index(head) :], encoding)
    return Look(layout, places[1], seen, places[0])


def _is_ndjson(first: list[Line], text: str) -> bool:
    """Whether the first line, which need not be right, or most of them are objects."""
    if _OBJECT.match(text):
        return True
    filled = [line.text for line in first if line.text.strip()]
    return sum(each.lstrip().startswith("{") and json_object(each)[0] is not None for each in filled) * 2 > len(filled)


def _first_lines(path: Path, encoding: Encoding) -> list[Line]:
    found: list[Line] = []
    with path.open("rb") as file:
        for line in lines(file, encoding.name, encoding.mark):
            found.append(line)
            if line.end > SAMPLE:
                break
    return found


def _of_ndjson(first: list[Line], encoding: Encoding) -> Layout:
    """The headings are those of the first lines."""
    headings: dict[str, None] = {}
    for line in first:
        headings.update(dict.fromkeys(filter(_can_be_kept, json_object(line.text)[0] or {})))
    return Layout(NDJSON, encoding.name, headings=list(headings)[:COLUMNS_LIMIT])


def _of_csv(path: Path, first: list[Line], encoding: Encoding) -> tuple[Layout, Place, Place]:
    """The headings are the first record: where they begin and end. Raises `UnreadableError`."""
    sign = said(first[0].text)
    first = first[1:] if sign else first
    sign = sign or delimiter([line.text for line in first])
    with path.open("rb") as file:
        behind = lines(file, encoding.name, first[-1].end, first[-1].number + 1) if first else iter(())
        record = next((each for each in cells(chain(first, behind), sign) if each.fault or any(each.cells or ())), None)
    if record is None:
        raise UnreadableError("The file has no headings: its first lines are empty.")
    if record.cells is None:
        raise HeadingsError(f"The headings cannot be read. {record.fault}")
    if len(record.cells) > COLUMNS_LIMIT:
        raise UnreadableError(f"The file has more than {COLUMNS_LIMIT:,} columns.")
    headings = [_heading(cell) for cell in record.cells]
    head, begin = Place(record.first.start, record.first.number), Place(record.last.end, record.last.number + 1)
    return Layout(CSV, encoding.name, sign, headings), head, begin


def _heading(cell: str) -> str:
    """A heading; one that no store can keep is none."""
    return unguarded(cell).strip() if _can_be_kept(cell) else ""


def _can_be_kept(text: str) -> bool:
    """Whether the store takes a text: no NUL, no half of a pair, which JSON can hold."""
    try:
        check_text(text)
    except Invalid:
        return False
    return True
