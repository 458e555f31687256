"""What was measured, as tables in Markdown."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import processes
from cost import Cost
from place import WORKERS

import rapport

#: A load's name -> its cost. First comes the reference, then a Contact PUT that changes data.
Round = dict[str, Cost]


class Column(NamedTuple):
    """A figure of a load: the median of its rounds, or of its ratio to another load of the same round."""

    head: str
    figure: Callable[[Cost], float | None]
    form: str = ",.0f"
    #: The other load's place in the round.
    against: int | None = None

    def cell(self, name: str, rounds: Sequence[Round]) -> str:
        """What to say of a load that all `rounds` have."""
        figures = [self._of(each, each[name]) for each in rounds]
        found = [figure for figure in figures if figure is not None]
        return format(statistics.median(found), self.form) if found else ""

    def _of(self, measured: Round, cost: Cost) -> float | None:
        figure = self.figure(cost)
        if self.against is None or figure is None:
            return figure
        costs = list(measured.values())
        if cost in costs[: self.against + 1]:
            return None
        return figure / (self.figure(costs[self.against]) or math.nan)


#: The first two have been the same since the first results.
COLUMNS = (
    Column("a second", lambda cost: cost.load.rate),
    Column("against the reference of the same round", lambda cost: cost.load.rate, ".2f", 0),
    Column("CPU µs a record: ingest", lambda cost: cost.cpu[0]),
    Column("PostgreSQL", lambda cost: cost.cpu[1]),
    Column("worker", lambda cost: cost.cpu[2]),
    Column("load generator", lambda cost: cost.cpu[3]),
    Column("sum", lambda cost: cost.total),
    Column("sum against the reference", lambda cost: cost.total, ".2f", 0),
    Column("records a commit", lambda cost: cost.group, ",.1f"),
    Column("log bytes a record", lambda cost: cost.log),
    Column("of them whole pages", lambda cost: cost.pages),
    Column("bytes on disk a record, ledger and history", lambda cost: cost.disk),
    Column("ledger entries a record", lambda cost: cost.entries, ".2f"),
    Column("retries", lambda cost: cost.retries),
    Column("p50 ms", lambda cost: cost.load.median, ",.1f"),
    Column("p99 ms", lambda cost: cost.load.p99, ",.1f"),
    Column("p99 against the reference", lambda cost: cost.load.p99, ".2f", 0),
    Column("rate against the changing Contact PUT", lambda cost: cost.load.rate, ".2f", 1),
    Column("seconds until search had followed", lambda cost: cost.followed),
    Column("errors", lambda cost: cost.load.errors),
)


def text(command: str, contacts: int, entries: int, rounds: Sequence[Round], memory: Sequence[int]) -> str:
    """The whole report."""
    return "\n".join([
        "# Measured",
        "",
        f"`{command}`, commit {commit()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.",
        f"{os.cpu_count()} cores ({processes.processor()}) shared by load generator, service ({WORKERS} ingest "
        f"workers, access log on) and PostgreSQL; {contacts:,} contacts with {entries:,} ledger entries at first; "
        "medians of the rounds. What the columns say: [README](README.md).",
        "",
        *_table(["", *(column.head for column in COLUMNS)], _rows(rounds)),
        "",
        f"Memory of the ingest workers: {', '.join(f'{size} MB' for size in memory)}.",
        "",
        "Each round, with its reference beside each figure:",
        "",
        *_table(
            ["round", "", "a second", "reference", "CPU µs a record", "reference", "p99 ms", "reference", "log bytes"],
            _each(rounds),
        ),
        "",
    ])  # fmt: skip


def commit() -> str:
    """The commit that is measured, which is that of the package."""
    git = ["git", "-C", str(Path(rapport.__file__).parent)]
    commands = [*git, "rev-parse", "--short", "HEAD"], [*git, "status", "--porcelain", "."]
    name, changed = (subprocess.run(each, capture_output=True, text=True, check=False).stdout for each in commands)
    return (name.strip() or "unknown") + (" with changes" if changed else "")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]


def _rows(rounds: Sequence[Round]) -> Iterator[list[str]]:
    """A row for each load, the reference first."""
    for name in dict.fromkeys(name for each in rounds for name in each):
        having = [each for each in rounds if name in each]
        yield [name, *(column.cell(name, having) for column in COLUMNS)]


def _each(rounds: Sequence[Round]) -> list[list[str]]:
    """Every load of every round beside its reference."""
    rows = []
    for number, measured in enumerate(rounds, 1):
        reference, *_ = measured.values()
        for name, cost in list(measured.items())[1:]:
            both = (
                (f"{each.load.rate:,.0f}", f"{each.total:.0f}", f"{each.load.p99:.1f}") for each in (cost, reference)
            )
            pairs = [figure for pair in zip(*both, strict=True) for figure in pair]
            rows.append([str(number), name, *pairs, f"{cost.log:,.0f}"])
    return rows
