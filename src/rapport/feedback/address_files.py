"""Files of addresses as people have them: text, or CSV with headings in one column of which they stand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from django import forms
from django.core.files.base import File

#: Between the cells of CSV.
DELIMITERS = (",", ";", "\t", "|")
#: Bytes that leave room for the rest of a form, of which ingest passes on 2.5 MB.
MOST = 2_400_000
#: Faults that are told of a file.
TOLD = 50
#: Cells of a line, and characters of a cell: fewer than `csv` takes.
WIDTH, LENGTH = 1_000, 100_000
#: In the heading of a file with one column.
HEADINGS = ("mail", "address", "domain", "phone", "number")
#: In the headings of e-mail addresses, of phone numbers and of ids, in some languages.
_EMAIL = re.compile("mail|courriel|correo")
_PHONE = re.compile(
    r"phone|tel[eé]f|\b(?:tel|cell|gsm|sms|whatsapp|handy|mobile?|mobiel|m[oó]vil|portable)\b|(?:handy|mobil|mobiel)nu"
)
_ID = re.compile(
    r"\b(?:id|nr|no|code|ref|zip|plz)\b|account|bestel|client|contract|customer|invoice|klant|kund|order|post"
)
#: Digits of the shortest number that is dialled from everywhere.
DIALLED = 8
#: A heading that reads like a domain; nobody has `.mail`.
_E_MAIL = re.compile(r"e\.mail[^.@]*", re.IGNORECASE)
_DELIMITER = re.compile("[,;\t|]")
_ALONE = "write one a line, or give the columns headings."
_LONG = f"a cell has more than {LENGTH:,} characters, or its quotation marks do not match."
UNREADABLE = "The file must be text or CSV, in UTF-8 or Windows-1252."


Fits = Callable[[str], bool]
Rows = list[tuple[int, list[str]]]


class Line(NamedTuple):
    """An address, on which line of its file it stands, and what is wrong with it where it is not taken."""

    number: int
    text: str
    fault: str = ""


class UnreadableError(ValueError):
    """It is no text, or no CSV; its text says so."""


def read(content: bytes, *fits: Fits) -> list[Line]:
    """Every address of a file, and what may be one and is not taken, with its fault. Raises `UnreadableError`.

    Below headings it is what stands in the first column that has something that fits, before others one whose heading
    says so, else in the first; where that is empty, what stands under another heading that says so. Without headings
    it is what fits in any cell. What says what fits is asked one after the other: an e-mail address before a number.
    """
    rows = list(_rows(_text(content)))
    headed = bool(rows) and _are_headings(rows[0][1], fits)
    if headed and len(rows[0][1]) > 1:
        return list(_in_column(rows[0][1], rows[1:], fits))
    return [line for number, cells in rows[headed:] for line in _in_row(number, cells, fits)]


def told(faults: Iterable[str]) -> list[str]:
    """The first faults of a file, and how many more there are."""
    found = list(faults)
    more = len(found) - TOLD
    return [*found[:TOLD], *([f"And {more:,} more."] if more > 0 else [])]


def _are_headings(cells: list[str], fits: Sequence[Fits]) -> bool:
    """Whether nothing in it may be an address, and one that stands alone has a word for addresses."""
    if any("@" in cell or (_fit(cell, fits) and not _E_MAIL.fullmatch(cell)) for cell in cells):
        return False
    return len(cells) > 1 or any(word in cells[0].lower() for word in HEADINGS)


def _fit(text: str, fits: Sequence[Fits]) -> Fits | None:
    """What it fits first."""
    return next((fit for fit in fits if text and fit(text)), None)


def _may_be(text: str, fits: Sequence[Fits]) -> bool:
    """Whether it, or something between delimiters in it, may be meant as an address."""
    parts = _DELIMITER.split(text)
    return "@" in text or any(_fit(part.strip(), fits) for part in parts)


def _in_column(head: list[str], rows: Rows, fits: Sequence[Fits]) -> Iterator[Line]:
    column = next((place for fit in fits if (place := _first(head, rows, fit)) is not None), 0)
    for number, cells in rows:
        if len(cells) > column and cells[column]:
            yield Line(number, cells[column])
            continue
        beside = list(zip_longest(head[: len(cells)], cells, fillvalue=""))
        if own := next((cell for name, cell in beside if _names(name, cell) and _fit(cell, fits)), None):
            yield Line(number, own)
        elif other := next((cell for name, cell in beside if not _is_id(name, cell) and _may_be(cell, fits)), None):
            fault = f"column {column + 1}, from which addresses are taken, is empty, and {other[:100]} may be one."
            yield Line(number, other, fault)


def _first(head: list[str], rows: Rows, fit: Fits) -> int | None:
    """The first column that has something that fits, one before others whose heading says so."""
    for said in (True, False):
        found: int | None = None
        for _, cells in rows:
            own = enumerate(cells[:found])
            fitting = (place for place, cell in own if cell and _says(head, place, cell) == said and fit(cell))
            found = next(fitting, found)
        if found is not None:
            return found
    return None


def _says(head: list[str], place: int, cell: str) -> bool:
    return place < len(head) and _names(head[place], cell)


def _names(heading: str, text: str) -> bool:
    """Whether a heading says that a text is an e-mail address, or a phone number."""
    said = _EMAIL if "@" in text else _PHONE
    return ("@" in text or not any(map(str.isalpha, text))) and _said(said, heading)


def _is_id(heading: str, text: str) -> bool:
    """Whether digits are none that anybody dials, by their number or by their heading."""
    return text.isdigit() and (len(text) < DIALLED or _said(_ID, heading))


def _said(what: re.Pattern[str], heading: str) -> bool:
    return what.search(heading.lower().replace("_", " ")) is not None


def _in_row(number: int, cells: list[str], fits: Sequence[Fits]) -> Iterator[Line]:
    """What fits as nothing before fits; with a fault what may be an address otherwise, or a line that has nothing."""
    found = [(cell, _fit(cell, fits)) for cell in cells if _may_be(cell, fits)]
    first = min((fits.index(fit) for _, fit in found if fit), default=None)
    for cell, fit in found:
        other = fit is None or fits.index(fit) != first
        yield Line(number, cell, f"{cell[:100]} may be an address, too: {_ALONE}" if other and len(cells) > 1 else "")
    if not found:
        yield Line(number, next(filter(None, cells)))


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
        for given in reader:
            if len(given) > WIDTH:
                raise UnreadableError(f"Line {begin}: it has more than {WIDTH:,} cells.")
            if any(len(cell) > LENGTH for cell in given):
                raise UnreadableError(f"Line {begin}: {_LONG}")
            cells = [cell.strip() for cell in given]
            if any(cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as fault:
        told = _LONG if "limit" in str(fault) else "its quotation marks do not match."
        raise UnreadableError(f"Line {begin}: {told}") from None


class AddressFileField(forms.FileField):
    """A file of addresses in a form, as its lines; none where there is no file."""

    def __init__(self, *fits: Fits, **more: Any) -> None:
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
