"""The physical lines of a file, each with its place in bytes.

A line ends at CR, LF or CRLF and nowhere else: `str.splitlines` also ends one at U+0085 and U+2028, which cells may
hold. UTF-16 is split by code units, since its bytes hold 0A and 0D within other characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .encodings import UTF16_BE, UTF16_LE

#: Bytes of a line that are read; a longer one is no line of a table.
LINE_LIMIT = 1024 * 1024
BLOCK = 256 * 1024
_ENDS = {
    UTF16_LE: re.compile(rb"\r\0\n\0|\r\0|\n\0"),
    UTF16_BE: re.compile(rb"\0\r\0\n|\0\r|\0\n"),
}
_BYTE_ENDS = re.compile(rb"\r\n|\r|\n")


class Line(NamedTuple):
    """One physical line, with its end."""

    #: Empty where it has a fault.
    text: str
    #: Counted from 1.
    number: int
    #: Where it begins, and where the next one does, in bytes.
    start: int
    end: int
    #: Why it cannot be read: a sentence.
    fault: str | None = None


def lines(file: BinaryIO, encoding: str, start: int = 0, number: int = 1) -> Iterator[Line]:
    """The lines of a file from the one with that `number`, which begins at the byte `start`."""
    for raw, begin in _pieces(file, encoding, start):
        end = begin + (len(raw) if isinstance(raw, bytes) else raw)
        yield _line(raw, encoding, number, begin, end)
        number += 1


def _line(raw: bytes | int, encoding: str, number: int, begin: int, end: int) -> Line:
    if isinstance(raw, int):
        return Line("", number, begin, end, f"The line is longer than {LINE_LIMIT:,} bytes.")
    try:
        return Line(raw.decode(encoding), number, begin, end)
    except UnicodeDecodeError as fault:
        at = begin + fault.start
        return Line("", number, begin, end, f"The line is not valid {encoding.upper()} text (byte {at:,} of the file).")


def _pieces(file: BinaryIO, encoding: str, start: int) -> Iterator[tuple[bytes | int, int]]:
    """Each line's bytes and where they begin; of one that is too long only how many there are."""
    ends, unit = _ENDS.get(encoding, _BYTE_ENDS), 2 if encoding in _ENDS else 1
    file.seek(start)
    kept, skipped, begin = b"", 0, start
    while True:
        block = file.read(BLOCK)
        buffer, done = kept + block, 0
        for found in ends.finditer(buffer):
            # A CR at the end may be half of a CRLF.
            if found.start() % unit or (block and found.end() == len(buffer)):
                continue
            whole = skipped + found.end() - done
            yield (buffer[done : found.end()] if whole <= LINE_LIMIT else whole), begin
            begin, done, skipped = begin + whole, found.end(), 0
        kept = buffer[done:]
        if not block:
            break
        if len(kept) > LINE_LIMIT:  # its end may still be cut in two
            cut = (len(kept) - 2 * unit) // unit * unit
            skipped, kept = skipped + cut, kept[cut:]
    if kept or skipped:
        whole = skipped + len(kept)
        yield (kept if whole <= LINE_LIMIT else whole), begin
