"""How commands print: JSON, one object a line, or a plain table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import click

#: Rows whose widths a table's columns are made for; later ones may stand out.
PAGE = 200

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
tenant_slug = click.option("--tenant", "tenant_slug", metavar="SLUG", help="The tenant; by default the only one.")


def write_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own, in ASCII, so that no terminal or pipe can fail on it."""
    click.echo(json.dumps(value, default=_plain))


def write_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows as they come: all of each as JSON, or `columns` as a table."""
    if as_json:
        for row in rows:
            write_json(row)
        return
    lines = ([_cell(row.get(column)) for column in columns] for row in rows)
    while page := list(islice(lines, PAGE)):
        widths = [max(map(len, cells)) for cells in zip(columns, *page, strict=True)]
        for cells in ([name.upper().replace("_", " ") for name in columns], *page):
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _cell(value: object) -> str:
    """Return a value as one printable line: what callers sent must not steer the terminal."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if isinstance(value, dict):
        named = value.get("name")
        value = named if isinstance(named, str) else json.dumps(value, default=_plain, ensure_ascii=False)
    return printable(_plain(value))


def printable(text: str) -> str:
    """A line that does not steer the terminal: what callers sent may hold anything."""
    signs = (sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
    return text if text.isprintable() else "".join(signs)
