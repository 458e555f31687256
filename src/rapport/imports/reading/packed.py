"""Files within files: gzip, zip, workbooks. What they hold takes their place in the spool."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from .cells import REFUSED
from .errors import UnreadableError
from .room import room

#: More than so many times its packed size, and beyond so many bytes, is no file that somebody wants to import.
RATIO_LIMIT = 250
RATIO_FROM = 32 * 1024 * 1024
CONVERT_SECONDS = 300
BLOCK = 1024 * 1024
_WORKBOOK = "[Content_Types].xml"
_KNOWN = {
    b"\xd0\xcf\x11\xe0": "The file is a workbook of the old kind (.xls); save it as .xlsx or CSV.",
    b"%PDF": "The file is a PDF; only tables can be imported.",
    b"7z\xbc\xaf": "The file is packed with 7-Zip; pack it as zip or gzip, or send it as it is.",
    b"Rar!": "The file is packed as RAR; pack it as zip or gzip, or send it as it is.",
    b"\x89PNG": "The file is a picture; only tables can be imported.",
    b"\xff\xd8\xff": "The file is a picture; only tables can be imported.",
}


class Unpacked(NamedTuple):
    """What became of a file."""

    #: `gzip`, `zip`, `workbook`, `parquet`, in the order in which they were opened.
    kinds: list[str]
    #: What a person should know, in sentences.
    notes: list[str]


def unpack(path: Path, keep: Callable[[Unpacked], object] = lambda _: None) -> Unpacked:
    """Put what a file holds in its place. Raises `UnreadableError`, and leaves the file as it was then.

    Whoever is stopped in it may begin anew: nothing is replaced before `keep` has kept what there is to know of it.
    """
    done = Unpacked([], [])
    while (kind := _kind(path)) is not None:
        if len(done.kinds) == 2:
            raise UnreadableError("The file is packed more than twice; send it as it is.")
        draft = path.with_name(path.name + ".unpacked")
        try:
            done.notes.extend(_OPEN[kind](path, draft))
            done.kinds.append(kind)
            keep(done)
            draft.replace(path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
    return done


def _kind(path: Path) -> str | None:
    """How a file is packed, by its first bytes. Raises `UnreadableError` for what is known and no table."""
    with path.open("rb") as file:
        head = file.read(8)
    for magic, sentence in _KNOWN.items():
        if head.startswith(magic):
            raise UnreadableError(sentence)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "workbook" if _WORKBOOK in _names(path) else "zip"
    return None


def _names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise UnreadableError("The zip file is damaged or incomplete.") from None


def _gzip(path: Path, draft: Path) -> list[str]:
    try:
        with gzip.open(path) as source:
            _copy(source, draft, path)
    except (OSError, EOFError, zlib.error) as fault:
        if isinstance(fault, OSError) and fault.errno:
            raise
        raise UnreadableError("The gzip file is damaged or incomplete.") from None
    return []


def _zip(path: Path, draft: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [each for each in archive.infolist() if _counts(each)]
            if len(inside) != 1:
                raise UnreadableError(f"The zip file must hold one file; it holds {len(inside):,}.")
            if inside[0].flag_bits & 1:
                raise UnreadableError("The zip file has a password; pack it without one.")
            with archive.open(inside[0]) as source:
                _copy(source, draft, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise UnreadableError("The zip file is damaged or packed in a way that cannot be opened.") from None
    return []


def _counts(each: zipfile.ZipInfo) -> bool:
    """Whether it is a file that somebody packed, and nothing that a system added."""
    parts = PurePosixPath(each.filename).parts
    return not each.is_dir() and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _copy(source: IO[bytes] | gzip.GzipFile, draft: Path, packed: Path) -> None:
    """Write what is unpacked, as far as it is believable and there is room. Raises `UnreadableError`."""
    limit, size = packed.stat().st_size * RATIO_LIMIT, 0
    with draft.open("wb") as target:
        while block := source.read(BLOCK):
            size += len(block)
            if size > max(limit, RATIO_FROM):
                raise UnreadableError(f"The file unpacks to more than {RATIO_LIMIT} times its size; send it unpacked.")
            if room(draft.parent) < len(block):
                raise UnreadableError("There is not enough room to unpack the file.")
            target.write(block)


def _workbook(path: Path, draft: Path) -> list[str]:
    """The first sheet as CSV, made by a process of its own: a workbook may take all the memory that there is."""
    if sum(each.file_size for each in zipfile.ZipFile(path).infolist()) > max(
        path.stat().st_size * RATIO_LIMIT, RATIO_FROM
    ):
        raise UnreadableError(f"The file unpacks to more than {RATIO_LIMIT} times its size; send it as CSV.")
    return _converted("workbook", path, draft, "The workbook is damaged, has a password or is too large to open")


def reads_parquet() -> bool:
    """Whether what Parquet needs is installed, which is an extra."""
    return find_spec("pyarrow") is not None


def _parquet(path: Path, draft: Path) -> list[str]:
    """The rows of a Parquet file as CSV, likewise: a small one may hold any number."""
    if not reads_parquet():
        raise UnreadableError("Parquet needs the package pyarrow, which is not installed here; save the file as CSV.")
    return _converted("parquet", path, draft, "The Parquet file is damaged, encrypted or too large to open")


def _converted(reader: str, path: Path, draft: Path, sentence: str) -> list[str]:
    """Have a module beside write the draft; what a person should know. Raises `UnreadableError`."""
    left = room(draft.parent)
    if left <= 0:
        raise UnreadableError("There is not enough room to unpack the file.")
    limit = min(max(path.stat().st_size * RATIO_LIMIT, RATIO_FROM), left)
    command = [sys.executable, "-m", f"rapport.imports.reading.{reader}", str(path), str(draft), str(limit)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=CONVERT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UnreadableError("The file takes too long to open; save it as CSV.") from None
    if done.returncode == REFUSED:
        raise UnreadableError(done.stdout.decode())
    if done.returncode:
        raise UnreadableError(f"{sentence}; save it as CSV.")
    return done.stdout.decode().splitlines()


_OPEN: dict[str, Callable[[Path, Path], list[str]]] = {
    "gzip": _gzip,
    "zip": _zip,
    "workbook": _workbook,
    "parquet": _parquet,
}
