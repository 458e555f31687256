"""Files of addresses as people have them: text with one a line, or CSV in one column of which they stand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django import forms
from django.core.files.base import File

#: Between the cells of CSV.
DELIMITERS = (",", ";", "\t", "|")
#: Bytes that leave room for the rest of a form, of which ingest passes on 2.5 MB.
MOST = 2_400_000
#: Faults that are told of a file.
TOLD = 50
#: In the heading of a file with one column.
HEADINGS = ("mail", "address", "domain", "phone", "number")
UNREADABLE = "The file must be text or CSV, in UTF-8 or Windows-1252."


class Line(NamedTuple):
    """An address, and on which line of its file it stands."""

    number: int
    text: str


class UnreadableError(ValueError):
    """It is no text, or no CSV; its text says so."""


def read(content: bytes, *fits: Callable[[str], bool]) -> list[Line]:
    """What stands in the first column that has something that fits, else in the first; without empty cells.

    Where several say what fits, the columns are asked by one after the other: a column of e-mail addresses is taken
    before one of numbers. Headings are left out. Raises `UnreadableError`.
    """
    rows = list(_rows(_text(content)))
    if rows and _are_headings(rows[0][1]):
        del rows[0]
    width = max((len(cells) for _, cells in rows), default=0)
    column = next((place for fit in fits for place in range(width) if _holds(rows, place, fit)), 0)
    return [Line(number, cells[column]) for number, cells in rows if len(cells) > column and cells[column]]


def told(faults: Iterable[str]) -> list[str]:
    """The first faults of a file, and how many more there are."""
    found = list(faults)
    more = len(found) - TOLD
    return [*found[:TOLD], *([f"And {more:,} more."] if more > 0 else [])]


def _are_headings(cells: list[str]) -> bool:
    """Whether nothing has a digit, an @ or a point, and one that stands alone is a word for addresses."""
    if any(sign.isdigit() or sign in "@." for cell in cells for sign in cell):
        return False
    return len(cells) > 1 or any(word in cells[0].lower() for word in HEADINGS)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableError(UNREADABLE)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text.lstrip().partition("\n")[0]
    # Of one sign as many as of another: the comma.
    # Strict: a quotation mark that nothing closes would take all lines behind it into its cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cells):
                yield begin, [cell.strip() for cell in cells]
            begin = reader.line_num + 1
    except csv.Error:
        raise UnreadableError(f"Line {begin}: its quotation marks do not match.") from None


def _holds(rows: list[tuple[int, list[str]]], place: int, fits: Callable[[str], bool]) -> bool:
    return any(len(cells) > place and fits(cells[place]) for _, cells in rows)


class AddressFileField(forms.FileField):
    """A file of addresses in a form, as its lines; none where there is no file."""

    def __init__(self, *fits: Callable[[str], bool], **more: Any) -> None:
        super().__init__(required=False, allow_empty_file=True, **more)
        self.widget.attrs |= {"data-most": MOST, "accept": ".csv,.txt,text/csv,text/plain"}
        self.fits = fits

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The lines. Raises `ValidationError` for what is no text."""
        file = super().clean(data, initial)
        if not isinstance(file, File):
            return []
        try:
            return read(file.read(), *self.fits)
        except UnreadableError as fault:
            raise forms.ValidationError(str(fault)) from None
