"""A file to begin with: the headings, and two rows that show what goes below them."""

from __future__ import annotations

import csv
import io

from rapport.records.cells import guarded

from .outline import Outline


def text(outline: Outline) -> str:
    """The file as CSV, with the configuration's delimiter."""
    headings = [column.heading for column in outline.columns]
    file = io.StringIO()
    rows = csv.writer(file, delimiter=outline.delimiter)
    rows.writerow(map(guarded, headings))
    rows.writerows([guarded(record.get(heading, "")) for heading in headings] for record in outline.records())
    return file.getvalue()
