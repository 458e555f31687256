"""Which encoding a file has (contract, "File imports")."""

from __future__ import annotations

import codecs
import hashlib
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .errors import UnreadableError

UTF8, UTF16_LE, UTF16_BE, CP1252 = "utf-8", "utf-16-le", "utf-16-be", "cp1252"
#: Byte order mark -> encoding.
_MARKS = {codecs.BOM_UTF8: UTF8, codecs.BOM_UTF16_LE: UTF16_LE, codecs.BOM_UTF16_BE: UTF16_BE}
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
#: So many of the non-ASCII sequences may be wrong in a file that is UTF-8: one in a thousand.
WRONG = 1000
SAMPLE = 64 * 1024
BLOCK = 1024 * 1024
#: Words of Western languages seldom have two letters in a row that are not ASCII.
TWO = re.compile(r"[^\W\d_a-zA-Z]{2}")
_ONE = re.compile(r"[^\W\d_a-zA-Z]")
#: Bytes that are shown of a line.
LINE = 1000
_MIXED = (
    "Some lines of the file are UTF-8 and others are not, so that either encoding spoils some; "
    "save it as UTF-8, or start it in the encoding in which its lines read best."
)
_UNLIKELY = (
    "The file is neither UTF-8 nor, by its looks, Western European (Windows-1252); "
    "save it as UTF-8, or start it in the encoding in which its lines read best."
)


class Encoding(NamedTuple):
    """How a file is encoded."""

    name: str
    #: Bytes of its mark.
    mark: int = 0
    #: Why that may be wrong: a sentence.
    doubt: str | None = None


class Judged(NamedTuple):
    """The encoding of a file; where it is in doubt, what a person judges it by."""

    encoding: Encoding
    #: Lines that show why, and encodings that are likely whatever they look like.
    lines: tuple[bytes, ...] = ()
    likely: tuple[str, ...] = ()


class Scan(NamedTuple):
    """What one pass over a whole file finds."""

    judged: Judged
    size: int
    sha256: bytes


def scan(path: Path) -> Scan:
    """The encoding, size and digest of a file. Raises `UnreadableError` for what is no text."""
    digest, size, counts = hashlib.sha256(), 0, _Counts()
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        known = _by_mark(head) or _by_nuls(head)
        file.seek(0)
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
            if known is None:
                counts.add(block)
        counts.end()
        judged = Judged(known) if known else _judged(counts, file)
    return Scan(judged, size, digest.digest())


class _Counts:
    """Counts the sequences of UTF-8 in a file that is not all ASCII."""

    def __init__(self) -> None:
        self.right = self.wrong = 0
        #: Where blocks begin with the first byte that is not ASCII, with the first valid sequence, and a wrong one.
        self.first = self.first_right = self.first_wrong = 0
        self._seen = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def add(self, block: bytes) -> None:
        """Count a block."""
        if block.isascii() and not self._decoder.getstate()[0]:
            self._seen += len(block)
            return
        if not self.right + self.wrong:
            self.first = self._seen
        self._count(self._decoder.decode(block))
        self._seen += len(block)

    def end(self) -> None:
        """Count what was cut off."""
        self._count(self._decoder.decode(b"", final=True))

    def _count(self, text: str) -> None:
        others = len(text) - len(text.encode("ascii", "ignore"))
        wrong = len(text) - len(text.encode("utf-8", "ignore").decode())
        if wrong and not self.wrong:
            self.first_wrong = self._seen
        if others > wrong and not self.right:
            self.first_right = self._seen
        self.wrong += wrong
        self.right += others - wrong


def _by_mark(head: bytes) -> Encoding | None:
    if head.startswith(_UTF32):
        raise UnreadableError("The file is in UTF-32; save it as UTF-8.")
    return next((Encoding(name, len(mark)) for mark, name in _MARKS.items() if head.startswith(mark)), None)


def _by_nuls(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: every second byte of what is mostly Latin is NUL."""
    half = len(head) // 2
    first, second = head[::2].count(0), head[1::2].count(0)
    if half and second > half * 0.4 and first < half * 0.05:
        return Encoding(UTF16_LE)
    if half and first > half * 0.4 and second < half * 0.05:
        return Encoding(UTF16_BE)
    if first + second > len(head) * 0.1:
        raise UnreadableError("The file is no text: it is full of NUL bytes.")
    return None


def _judged(counts: _Counts, file: BinaryIO) -> Judged:
    if counts.wrong * WRONG <= counts.right + counts.wrong:
        return Judged(Encoding(UTF8))
    if counts.right * WRONG > counts.right + counts.wrong:
        likely = (UTF8, CP1252) if counts.right >= counts.wrong else (CP1252, UTF8)
        lines = [*_lines(file, counts.first_right, right=True), *_lines(file, counts.first_wrong, right=False)]
        return Judged(Encoding(likely[0], doubt=_MIXED), tuple(lines), likely)
    file.seek(counts.first)
    text = file.read(SAMPLE * 16).decode(CP1252, "replace")
    if _is_western(text):
        return Judged(Encoding(CP1252))
    return Judged(Encoding(CP1252, doubt=_UNLIKELY), tuple(_lines(file, counts.first, right=False, most=6)))


def _lines(file: BinaryIO, start: int, *, right: bool, most: int = 3) -> list[bytes]:
    """Some of the first lines in a block that are not all ASCII, and are or are not UTF-8."""
    file.seek(start)
    found = [line for line in re.split(rb"[\r\n]+", file.read(BLOCK)) if not line.isascii()]
    return [line[:LINE] for line in found if _is_utf8(line) is right][:most]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_western(text: str) -> bool:
    """Whether few of the letters that are not ASCII stand side by side (`TWO`), and every byte means something."""
    single, double = len(_ONE.findall(text)), 2 * len(TWO.findall(text))
    return double * 2 <= single and "�" not in text
