"""Cells of a worksheet that hold no value although they show something: errors, and formulas never calculated.

Whoever reads values finds them empty; only the sheet's own XML (ECMA-376, part 1, 18.3.1.4) tells them from blank ones.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import IO
from xml.etree import ElementTree

#: Cells that are named one by one.
TOLD = 5
BLOCK = 1024 * 1024
#: For how long a sheet is searched: the notes are advice, and the rows are read already.
SECONDS = 20.0
_SIGNS = (b't="e"', b"<f")


def losses(source: str, sheet: str) -> list[str]:
    """A sentence for each kind of such cells that a sheet of a workbook has."""
    errors: list[str] = []
    formulas: list[str] = []
    notes: list[str] = []
    least = ""
    with zipfile.ZipFile(source) as archive, suppress(ElementTree.ParseError):
        part = _part(archive, sheet)
        if part is None or not _suspicious(archive, part):
            return []
        with archive.open(part) as file:
            try:
                for place, error in _lost(file):
                    (formulas if error is None else errors).append(f"{error} in {place}" if error else place)
            except TimeoutError:
                least = "At least "
                notes.append("The sheet is so long that only its first rows were searched for errors.")
    if errors:
        hold = "1 cell holds an error and was" if len(errors) == 1 else f"{len(errors):,} cells hold an error and were"
        notes.append(f"{least}{hold} read as empty: {_told(errors)}.")
    if formulas:
        were = "1 formula was" if len(formulas) == 1 else f"{len(formulas):,} formulas were"
        save = "open the workbook in a spreadsheet program and save it"
        notes.append(f"{least}{were} never calculated and read as empty: {_told(formulas)}; {save}.")
    return notes


def _told(found: list[str]) -> str:
    return ", ".join(found[:TOLD]) + (" …" if len(found) > TOLD else "")


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Where the XML of a sheet lies; None in a workbook of another make."""
    names = archive.namelist()
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return None
    book = _xml(archive, "xl/workbook.xml")
    found = next((each for each in book.iter() if _local(each.tag) == "sheet" and each.get("name") == sheet), None)
    if found is None:
        return None
    id = next((value for name, value in found.items() if _local(name) == "id" and name != "id"), None)
    relations = _xml(archive, "xl/_rels/workbook.xml.rels")
    target = next((each.get("Target", "") for each in relations if each.get("Id") == id), "")
    part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return part if part in names else None


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    # Expat asks for nothing that stands elsewhere and bounds what entities become; so does the process.
    return ElementTree.fromstring(archive.read(name))  # noqa: S314


def _suspicious(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether it is worth while to read the XML as such: most sheets have neither."""
    kept = b""
    with archive.open(part) as file:
        while block := file.read(BLOCK):
            if any(sign in kept + block for sign in _SIGNS):
                return True
            kept = block[-8:]
    return False


def _lost(file: IO[bytes]) -> Iterator[tuple[str, str | None]]:
    """Each cell without a value, and its error; None for a formula. Raises `TimeoutError` where it takes too long."""
    until = monotonic() + SECONDS
    for _, element in ElementTree.iterparse(file):  # noqa: S314 (likewise)
        # There are millions of them: no other name in a sheet's rows ends like these.
        if element.tag.endswith("c"):
            if element.get("t") == "e":
                yield element.get("r", ""), next((each.text for each in element if each.tag.endswith("v")), "an error")
            elif len(element) and element[0].tag.endswith("f") and not any(each.tag.endswith("v") for each in element):
                yield element.get("r", ""), None
        elif element.tag.endswith("row"):
            element.clear()
            if monotonic() > until:
                raise TimeoutError


def _local(name: str) -> str:
    return name.rpartition("}")[2]
