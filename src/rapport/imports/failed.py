"""Failed rows as a file that can be mended and sent again: byte for byte, with the reason in a column ahead.

Ahead, so that it stands under its heading whatever is wrong with the number of a row's cells.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

from django.http import StreamingHttpResponse

from rapport.tenants import answers
from rapport.tenants.scope import tenant_scope

from .models import Import, ImportFailure
from .reading.encodings import UTF8, UTF16_BE, UTF16_LE
from .reading.rows import CSV, REASON, Layout
from .receiving import file_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from django.http import HttpResponse

#: Rows that are read at a time.
PAGE = 500
_MARKS = {UTF8: codecs.BOM_UTF8, UTF16_LE: codecs.BOM_UTF16_LE, UTF16_BE: codecs.BOM_UTF16_BE}
_KEEP = "surrogateescape", "surrogatepass"


def download(row: Import) -> HttpResponse | None:
    """The failed rows as a file; None where there is nothing to read them from."""
    try:
        if row.layout is None:
            return None
        content = _pieces(row, file_of(row.tenant_id, row.id).open("rb"))
    except FileNotFoundError:
        return None
    csv = row.layout["format"] == CSV
    kind = f"text/csv; charset={row.layout['encoding'].removesuffix('-le').removesuffix('-be')}"
    stem = row.name.rpartition(".")[0] or row.name
    name = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in stem)[:80]
    answer = StreamingHttpResponse(
        content,
        content_type=kind if csv else answers.NDJSON,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}-failed.{"csv" if csv else "ndjson"}"',
        },
    )
    return cast("HttpResponse", answer)  # whatever takes the one takes the other


def _pieces(row: Import, file: BinaryIO) -> Iterator[bytes]:
    layout = Layout(**(row.layout or {}))
    writer = _Writer(layout)
    with file:
        if layout.format == CSV:
            yield writer.mark(file)
            yield writer.row(_bytes(file, row.head_start, row.head_end), REASON)
        for failure in failures(row):
            yield writer.row(_bytes(file, failure.start, failure.end), reason(failure.faults))


def failures(row: Import, after: int = 0) -> Iterator[ImportFailure]:
    """The failed rows behind one, in order, a page at a time."""
    while True:
        with tenant_scope(row.tenant_id):
            rows = ImportFailure.objects.filter(tenant_id=row.tenant_id, import_id=row.id, number__gt=after)
            page = list(rows.order_by("number")[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].number


def reason(faults: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a row, in sentences."""
    return " ".join(fault["sentence"] for fault in faults)


def _bytes(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


class _Writer:
    """Puts a cell ahead of rows that stay as they are."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._keep = _KEEP[layout.encoding in (UTF16_LE, UTF16_BE)]
        #: An earlier reason, which is replaced.
        sign = re.escape(layout.delimiter)
        self._old = re.compile(rf'(?:"(?:[^"]|"")*"|[^"{sign}\r\n]*){sign}') if REASON in layout.headings[:1] else None

    def mark(self, file: BinaryIO) -> bytes:
        """The byte order mark, where the file has one."""
        mark = _MARKS.get(self._layout.encoding, b"")
        return mark if mark and _bytes(file, 0, len(mark)) == mark else b""

    def row(self, raw: bytes, reason: str) -> bytes:
        """A row with a reason ahead."""
        layout = self._layout
        if self._old is not None:
            text = raw.decode(layout.encoding, self._keep)
            raw = self._old.sub("", text, count=1).encode(layout.encoding, self._keep)
        if layout.format == CSV:
            cell = reason.replace('"', '""')
            return f'"{cell}"{layout.delimiter}'.encode(layout.encoding, "replace") + self._ended(raw)
        begun, brace, rest = raw.partition(b"{")
        if not brace:
            return self._ended(raw)
        comma = "" if rest.lstrip()[:1] == b"}" else ", "
        return begun + f"{{{json.dumps(REASON)}: {json.dumps(reason)}{comma}".encode() + self._ended(rest)

    def _ended(self, raw: bytes) -> bytes:
        """The last row of a file may have no end."""
        ends = tuple(sign.encode(self._layout.encoding) for sign in "\r\n")
        return raw if raw.endswith(ends) else raw + "\n".encode(self._layout.encoding)
