"""Files of whatever a system holds: read in pages, each in a transaction of its own, so memory stays small."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import IO, Any

import xlsxwriter
from django.http import StreamingHttpResponse

from rapport.records.cells import guarded

#: Rows that are read at a time.
CHUNK = 1_000
#: Rows of a worksheet; what is more goes on in another one (ECMA-376 has no room for more).
SHEET_ROWS = 1_048_576
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
#: The end of an export's address.
KIND = rf"(?P<kind>{'|'.join(MEDIA_TYPES)})"
#: Characters of a worksheet's cell: what is longer ends in an ellipsis there.
CELL_LIMIT = 32_767
#: Whole numbers beyond these digits are written as text: a workbook would round them.
EXACT = 10**15
Row = Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class Export:
    """What goes into a file: a title, columns, and where the rows come from."""

    name: str
    columns: Sequence[str]
    #: Each item as a row of cells.
    cells: Callable[[Any], Row]
    #: Each item as callers of the API see it.
    represent: Callable[[Any], Mapping[str, Any]]
    #: Pages of items; each is read when it is asked for.
    pages: Callable[[], Iterator[Sequence[Any]]]
    #: Columns that hold whole numbers; all others are text where a kind of file tells them apart.
    numbers: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Nothing reads two columns of one name: the second gets a number."""
        names: dict[str, None] = {}
        for name in self.columns:
            free = (f"{name} {n}" if n > 1 else name for n in count(1))
            names[next(each for each in free if each not in names)] = None
        object.__setattr__(self, "columns", list(names))

    def items(self) -> Iterator[Any]:
        """Every item."""
        for page in self.pages():
            yield from page


class MissingError(Exception):
    """A kind of file needs a package that is not installed here; `str(error)` is one sentence."""


def write(export: Export, kind: str) -> Iterable[bytes]:
    """The bytes of a file of a kind of `MEDIA_TYPES`. Raises `MissingError` at once."""
    if kind == "parquet":
        _parquet_writer()
    return {"csv": _csv, "xlsx": _xlsx, "ndjson": _ndjson, "parquet": _parquet}[kind](export)


def streamed(export: Export, kind: str) -> StreamingHttpResponse:
    """The file as an answer that is downloaded; a short 501 where it cannot be made here."""
    try:
        content = write(export, kind)
    except MissingError as error:
        told = [json.dumps({"message": str(error)})]
        return StreamingHttpResponse(told, status=501, content_type="application/json")
    headers = {"Content-Disposition": f'attachment; filename="{export.name}.{kind}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(content, content_type=MEDIA_TYPES[kind], headers=headers)


def text(value: Any) -> str:
    """A cell as it can be sent in again."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def _csv(export: Export) -> Iterator[bytes]:
    """RFC 4180, in UTF-8."""
    yield _lines([export.columns])
    for page in export.pages():
        yield _lines(map(export.cells, page))


def _lines(rows: Iterable[Row]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([cell if type(cell) is int else guarded(text(cell)) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8", "replace")


def _ndjson(export: Export) -> Iterator[bytes]:
    for page in export.pages():
        yield "".join(json.dumps(export.represent(item)) + "\n" for item in page).encode()


def _xlsx(export: Export) -> Iterator[bytes]:
    """A workbook, made in a file beside: its directory of parts stands at its end."""
    with tempfile.TemporaryFile() as file:
        _workbook(export, file)
        file.seek(0)
        while block := file.read(64 * 1024):
            yield block


def _workbook(export: Export, file: IO[bytes]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        sheet, number = _sheet(book, export, bold), 1
        for item in export.items():
            if number == SHEET_ROWS:
                sheet, number = _sheet(book, export, bold), 1
            sheet.write_row(number, 0, [_of_workbook(cell) for cell in export.cells(item)])
            number += 1


def _of_workbook(cell: Any) -> Any:
    if type(cell) is int and abs(cell) < EXACT:
        return cell
    written = text(cell)
    return written if len(written) <= CELL_LIMIT else written[: CELL_LIMIT - 1] + "…"


def _sheet(book: Any, export: Export, bold: Any) -> Any:
    """A new worksheet with its headings."""
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, export.columns, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _parquet(export: Export) -> Iterator[bytes]:
    """A page is a row group; made in a file beside, whose end says where each stands."""
    pyarrow, parquet = _parquet_writer()
    kinds = [pyarrow.int64() if name in export.numbers else pyarrow.string() for name in export.columns]
    schema = pyarrow.schema([pyarrow.field(n, kind) for n, kind in zip(export.columns, kinds, strict=True)])
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema) as writer:
            for page in filter(None, export.pages()):
                columns = zip(*map(export.cells, page), strict=True)
                made = [
                    pyarrow.array([_of_parquet(cell, kind == pyarrow.int64()) for cell in column], kind)
                    for column, kind in zip(columns, kinds, strict=True)
                ]
                writer.write_table(pyarrow.Table.from_arrays(made, schema=schema))
        file.seek(0)
        while block := file.read(64 * 1024):
            yield block


def _of_parquet(cell: Any, number: bool) -> Any:
    return cell if cell is None or number else text(cell)


def _parquet_writer() -> tuple[Any, Any]:
    """The package that knows Parquet. Raises `MissingError`."""
    try:
        import pyarrow  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415 (an extra)
    except ImportError:
        raise MissingError("Parquet needs the package pyarrow; install rapport[parquet] on the server.") from None
    return pyarrow, parquet
