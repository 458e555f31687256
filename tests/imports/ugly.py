"""Ugly files, as people have them: what is in each, and what must come of it.

A row is heading -> value, `FAULT` for one that is refused, `BLANK` for an empty one; a text is in the sentence that
refuses the file.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from typing import Any

import xlsxwriter

FAULT, BLANK = "fault", "blank"
ADA, BOB = {"Email": "ada@example.com", "Name": "Ada"}, {"Email": "bob@example.com", "Name": "Bob"}
PLAIN = "Email,Name\nada@example.com,Ada\nbob@example.com,Bob\n"


def zipped(**files: bytes) -> bytes:
    """A zip with those files; `__` in a name is a point."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return made.getvalue()


def workbook(*rows: tuple[Any, ...], zeros: bool = False, sheets: int = 1) -> bytes:
    """A workbook whose last sheet has the rows."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        shown = [book.add_worksheet() for _ in range(sheets)][-1]
        form = book.add_format({"num_format": "00000"}) if zeros else None
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if zeros and isinstance(cell, int):
                    shown.write(line, column, cell, form)
                elif isinstance(cell, str):
                    shown.write_string(line, column, cell)
                else:
                    shown.write(line, column, cell)
    return made.getvalue()


def name(text: str) -> dict[str, str]:
    """A row with this name."""
    return {"Email": "ada@example.com", "Name": text}


def one(cell: str, **how: str) -> bytes:
    """A file with one row, whose name is `cell` as it stands."""
    return f"Email,Name\nada@example.com,{cell}\n".encode(**how)


GOOD: dict[str, tuple[bytes, list[Any]]] = {
    # Ends of lines.
    "plain": (PLAIN.encode(), [ADA, BOB]),
    "CRLF": (PLAIN.replace("\n", "\r\n").encode(), [ADA, BOB]),
    "CR only": (PLAIN.replace("\n", "\r").encode(), [ADA, BOB]),
    "mixed ends": (b"Email,Name\r\nada@example.com,Ada\rbob@example.com,Bob\n", [ADA, BOB]),
    "no end at the end": (PLAIN.rstrip().encode(), [ADA, BOB]),
    "U+2028 and U+0085 are no ends": (one("A\u2028d\u0085a"), [name("A\u2028d\u0085a")]),
    "form feed is no end": (one("A\x0cda"), [name("A\x0cda")]),
    # Encodings.
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + PLAIN.encode(), [ADA, BOB]),
    "UTF-16 little": (b"\xff\xfe" + PLAIN.encode("utf-16-le"), [ADA, BOB]),
    "UTF-16 big": (b"\xfe\xff" + PLAIN.encode("utf-16-be"), [ADA, BOB]),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), [ADA, BOB]),
    "UTF-16 big without a mark": (PLAIN.encode("utf-16-be"), [ADA, BOB]),
    "UTF-16 with 0A and 0D within": (b"\xff\xfe" + one("\u0a0a\u0d0d\u0a0d", encoding="utf-16-le"),
                                     [name("\u0a0a\u0d0d\u0a0d")]),
    "UTF-16 pairs": (b"\xff\xfe" + one("\U0001f600", encoding="utf-16-le"), [name("\U0001f600")]),
    "Windows-1252": (one("Zoë € Müller", encoding="cp1252"), [name("Zoë € Müller")]),
    "UTF-8 names": (one("Zoë 東京 Ω"), [name("Zoë 東京 Ω")]),
    "one bad byte among a thousand": (
        ("Email,Name\n" + "a@example.com,ééééééé\n" * 300).encode() + b"b@example.com,\xff\n",
        [{"Email": "a@example.com", "Name": "ééééééé"}] * 300 + [FAULT]),
    # Delimiters.
    "semicolons": (PLAIN.replace(",", ";").encode(), [ADA, BOB]),
    "tabs": (PLAIN.replace(",", "\t").encode(), [ADA, BOB]),
    "pipes": (PLAIN.replace(",", "|").encode(), [ADA, BOB]),
    "commas in cells": (b"Email;Name\nada@example.com;Ada, Countess, of\n", [name("Ada, Countess, of")]),
    "sep= on the first line": (b"sep=;\r\n" + PLAIN.replace(",", ";").encode(), [ADA, BOB]),
    "an unusual sep=": (b"sep=^\n" + PLAIN.replace(",", "^").encode(), [ADA, BOB]),
    "one column": (b"Email\nada@example.com\n", [{"Email": "ada@example.com"}]),
    # Quotes.
    "all quoted": (b'"Email","Name"\n"ada@example.com","Ada"\n', [ADA]),
    "doubled quotes": (one('"A ""d"" a"'), [name('A "d" a')]),
    "a quote amid a cell": (one('5" screen'), [name('5" screen')]),
    "newlines in a cell": (one('"A\nd\r\na"') + b"bob@example.com,Bob\n", [name("A\nd\r\na"), BOB]),
    "newlines in a heading": (b'Email,"Na\nme"\nada@example.com,Ada\n',
                              [{"Email": "ada@example.com", "Na\nme": "Ada"}]),
    "an open quote": (b'Email,Name\nada@example.com,"Ada\nbob@example.com,Bob\n', [FAULT, BOB]),
    "an open quote in the last row": (b'Email,Name\nbob@example.com,Bob\nada@example.com,"Ada', [BOB, FAULT]),
    "text behind a quote": (b'Email,Name\nada@example.com,"A" da\nbob@example.com,Bob\n', [FAULT, BOB]),
    "open quotes in a row": (b'Email,Name\nx,"1\nbob@example.com,Bob\ny,"2 x\nada@example.com,Ada\n',
                             [FAULT, BOB, FAULT, ADA]),
    "an open quote in a long file": (b'Email,Name\nada@example.com,"Ada\n' + b"bob@example.com,Bob\n" * 5000,
                                     [FAULT] + [BOB] * 5000),
    # Shapes.
    "fewer cells": (b"Email,Name\nada@example.com\n", [{"Email": "ada@example.com"}]),
    "more cells with a value": (b"Email,Name\nada@example.com,Ada,x\nbob@example.com,Bob\n", [FAULT, BOB]),
    "more cells without": (b"Email,Name\nada@example.com,Ada,,,\n", [ADA]),
    "empty lines": (b"Email,Name\n\nada@example.com,Ada\n\n", [BLANK, ADA, BLANK]),
    "only delimiters": (b"Email,Name\n,\nada@example.com,Ada\n,,,\n", [BLANK, ADA, BLANK]),
    "only white space": (b"Email,Name\n  , \nada@example.com,Ada\n", [BLANK, ADA]),
    "empty lines ahead": (b"\n\n" + PLAIN.encode(), [ADA, BOB]),
    "only headings": (b"Email,Name\n", []),
    "only headings without an end": (b"Email,Name", []),
    "empty headings": (b"Email,,Name\nada@example.com,x,Ada\n", [ADA]),
    "white space around headings": (b" Email , Name \nada@example.com,Ada\n", [ADA]),
    "10,000 columns": ((",".join(["Email", *(f"c{n}" for n in range(9999))]) + "\nada@example.com\n").encode(),
                       [{"Email": "ada@example.com"}]),
    "a reason of ours": (b"Rapport: reason,Email,Name\nwrong,ada@example.com,Ada\n", [ADA]),
    # Cells.
    "a formula that we have marked": (one("'=1+1"), [name("=1+1")]),
    "a NUL byte": (one("A\0da"), [name("A\0da")]),
    "a cell beyond the limit": (one("x" * 40_000) + b"bob@example.com,Bob\n", [FAULT, BOB]),
    "a line beyond the limit": (one("x" * 3_000_000) + b"bob@example.com,Bob\n", [FAULT, BOB]),
    "a line beyond the limit within quotes": (b'Email,Name\nx,"a\n' + b"x" * 2_000_000 + b'\nbob@example.com,Bob\n',
                                              [FAULT, FAULT, BOB]),
    # NDJSON.
    "NDJSON": (b'{"Email": "ada@example.com", "Name": "Ada"}\n\n{"Email": "x"\n[1]\n{"Email": 7}\n',
               [ADA, BLANK, FAULT, FAULT, {"Email": "7"}]),
    "NDJSON with a mark": (b'\xef\xbb\xbf{"Email": "ada@example.com", "Name": "Ada"}', [ADA]),
    # Packed.
    "gzip": (gzip.compress(PLAIN.encode()), [ADA, BOB]),
    "gzip of two members": (gzip.compress(PLAIN[:20].encode()) + gzip.compress(PLAIN[20:].encode()), [ADA, BOB]),
    "zip": (zipped(a__csv=PLAIN.encode()), [ADA, BOB]),
    "zip of a Mac": (zipped(**{"a.csv": PLAIN.encode(), "__MACOSX/._a.csv": b"x"}), [ADA, BOB]),
    "zip of gzip": (zipped(a__gz=gzip.compress(PLAIN.encode())), [ADA, BOB]),
    # Workbooks.
    "workbook": (workbook(("Email", "Name"), ("ada@example.com", "Ada"), ("bob@example.com", "Bob")), [ADA, BOB]),
    "workbook with zeros in texts": (workbook(("Email", "Name"), ("ada@example.com", "00123")), [name("00123")]),
    "workbook with numbers": (workbook(("Email", "Name"), ("ada@example.com", 7), ("ada@example.com", 7.5)),
                              [name("7"), name("7.5")]),
    "workbook with dates": (workbook(("Email", "Name"), ("ada@example.com", datetime(2026, 1, 31))),
                            [name("2026-01-31")]),
    "workbook with newlines and commas": (workbook(("Email", "Name"), ("ada@example.com", 'A,\n"d"')),
                                          [name('A,\n"d"')]),
    "workbook with an empty first sheet": (workbook(("Email", "Name"), ("ada@example.com", "Ada"), sheets=2), [ADA]),
}  # fmt: skip

BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "The file is empty."),
    "a mark only": (b"\xef\xbb\xbf", "The file is empty."),
    "white space": (b"\n\n  \n", "no headings"),
    "delimiters only": (b",,,\n", "no headings"),
    "UTF-32": (PLAIN.encode("utf-32"), "UTF-32"),
    "NUL bytes": (bytes(5000), "NUL bytes"),
    "HTML": (b"<!DOCTYPE html><table>", "XML or HTML"),
    "a JSON array": (b'[{"Email": "a"}]', "NDJSON"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), ".xls"),
    "Parquet": (b"PAR1\x15\x04", "Parquet"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "picture"),
    "cut gzip": (gzip.compress(PLAIN.encode())[:-12], "gzip file is damaged"),
    "cut zip": (zipped(a__csv=PLAIN.encode())[:-30], "zip file is damaged"),
    "zip of two": (zipped(a__csv=b"a", b__csv=b"b"), "one file; it holds 2"),
    "empty zip": (zipped(), "one file; it holds 0"),
    "zip bomb": (zipped(a__csv=bytes(80_000_000)), "unpacks to more than"),
    "gzip bomb": (gzip.compress(bytes(80_000_000)), "unpacks to more than"),
    "packed three times": (gzip.compress(gzip.compress(gzip.compress(PLAIN.encode()))), "more than twice"),
    "a damaged workbook": (zipped(**{"[Content_Types].xml": b"<x/>"}), "workbook is damaged"),
    "headings with an open quote": (b'"Email,Name\nada@example.com,Ada\n', "headings cannot be read"),
    "20,000 columns": (b"a," * 20_000, "columns"),
}  # fmt: skip
