"""`python -m rapport.imports.reading.workbook IN OUT LIMIT`: a workbook's first sheet that holds something, as CSV.

Run as a process of its own with a memory limit. Prints what a person should know, one sentence a line.
"""

from __future__ import annotations

import re
import sys
import zipfile

from python_calamine import CalamineWorkbook

from .cells import confine, table, written
from .losses import losses

#: Digits of a number that a workbook keeps; of a longer one the rest are zeros, whatever was typed.
EXACT = 10**15
#: Cells that are told of one by one.
TOLD = 5
_ZEROS = re.compile(rb'formatCode="0{2,}[^."]*"')


def convert(source: str, target: str) -> list[str]:
    """Write the sheet; what a person should know."""
    book = CalamineWorkbook.from_path(source)
    notes = _zeros(source)
    sheets = map(book.get_sheet_by_index, range(len(book.sheet_names)))
    sheet = next((each for each in sheets if each.height), None)
    if sheet is not None and len(book.sheet_names) > 1:
        notes.append(f"The workbook has {len(book.sheet_names)} sheets; only {sheet.name!r} was read.")
    long: list[str] = []
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = table(file)
        for line, row in enumerate(sheet.iter_rows() if sheet else (), 1):
            writer.writerow([written(cell) for cell in row])
            if len(long) <= TOLD:
                long += [f"{int(cell)} in row {line}" for cell in row if type(cell) is float and abs(cell) >= EXACT]
    if long:
        told = ", ".join(long[:TOLD]) + (" …" if len(long) > TOLD else "")
        notes.append(f"Workbooks keep 15 digits of a number; check {told}, or format such cells as text.")
    return notes + (losses(source, sheet.name) if sheet else [])


def _zeros(source: str) -> list[str]:
    """Formats that only show zeros in front: the cell holds the number without them."""
    with zipfile.ZipFile(source) as archive:
        if "xl/styles.xml" in archive.namelist() and _ZEROS.search(archive.read("xl/styles.xml")):
            return ["Some cells show zeros in front that they do not hold (00123 is 123); format such cells as text."]
    return []


if __name__ == "__main__":
    confine(int(sys.argv[3]))
    sys.stdout.write("\n".join(convert(*sys.argv[1:3])))
