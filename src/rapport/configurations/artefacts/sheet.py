"""A file to begin with: the headings, and two rows that show what goes below them."""

from __future__ import annotations

import csv
import io

from .outline import Outline


def text(outline: Outline) -> str:
    """The file as CSV, with the configuration's delimiter."""
    headings = [column.heading for column in outline.columns]
    file = io.StringIO()
    rows = csv.DictWriter(file, headings, restval="", delimiter=outline.delimiter)
    rows.writeheader()
    rows.writerows(outline.records())
    return file.getvalue()
