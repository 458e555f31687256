"""`make bench`: PUTs, batches and their reference on one PostgreSQL, and what each record costs. See bench/README.md.

Reference: pgbench with one prepared single-row upsert a transaction, 64 clients. Load: wrk with one thread and 64
connections. Rounds of reference and load alternate, since machines drift; every ratio is within its own round. The
service is `rapport serve`, the worker included; each load counts until search has followed it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import seed
from cost import Meter
from load import Load, batch, pgbench, wrk
from place import Place, running
from report import Round, text

#: What is not said otherwise.
USUAL = {"contacts": 500_000, "seconds": 8, "rounds": 3}
QUICK = {"contacts": 30_000, "seconds": 3, "rounds": 1}


def main() -> None:
    """Measure, print, and write the results where wanted."""
    options, began = _options(), time.monotonic()
    if options.source:
        _change_over(options.source)
    if shutil.which("wrk") is None:
        sys.exit("The load generator wrk is missing; on Debian: apt-get install wrk")
    with running(options.contacts) as place, psycopg.connect(place.database, autocommit=True) as superuser:
        meter = Meter(place, superuser)
        meter.follow()
        kinds = (_contacts, _mixed)
        rounds = [_round(meter, kind(place, options.seconds)) for kind in kinds for _ in range(options.rounds)]
        memory = meter.memory()
    print(f"It took {(time.monotonic() - began) / 60:.1f} minutes.", file=sys.stderr)
    command = f"bench/run.py --contacts {options.contacts} --seconds {options.seconds} --rounds {options.rounds}"
    told = text(command, options.contacts, options.contacts * seed.changes(options.contacts), rounds, memory)
    print(told)
    if options.output:
        options.output.write_text(told)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, metavar="N", help="in the table; 500,000")
    parser.add_argument("--seconds", type=int, metavar="S", help="of each load; 8")
    parser.add_argument("--rounds", type=int, metavar="R", help="3")
    parser.add_argument("--quick", action="store_true", help="30,000 contacts, 3 s, 1 round: whether all of it works")
    parser.add_argument(
        "--source", type=Path, metavar="DIR", help="measure the checkout in DIR; needs its `make setup`"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the results there, too")
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else USUAL).items():
        setattr(options, name, getattr(options, name) or value)
    return options


def _change_over(source: Path) -> None:
    """Goes on as the Python of another checkout, with the packages that its commit names."""
    python = source.absolute() / ".venv/bin/python"
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 (no shell is wanted)


def _round(meter: Meter, loads: dict[str, Callable[[], Load]]) -> Round:
    """One measurement of each load, one after the other; all rounds begin behind a checkpoint."""
    meter.checkpoint()
    measured = {}
    for name, run in loads.items():
        measured[name] = cost = meter.measure(run)
        print(f"{name}: {cost.load.rate:,.0f} a second, {cost.total:.0f} µs", file=sys.stderr)
    return measured


def _contacts(place: Place, seconds: int) -> dict[str, Callable[[], Load]]:
    """Contacts, one by one, and in batches for half the time: search has to follow them all."""
    return {
        "reference: pgbench, 64 clients": lambda: pgbench(place, seconds),
        "Contact PUT that changes data": lambda: wrk(place, "put.lua", seconds, CHANGE="1"),
        "Contact PUT that changes nothing": lambda: wrk(place, "put.lua", seconds, CHANGE="0"),
        "records in batches of 1,000": lambda: batch(place, seconds // 2, change=True),
        "records in batches of 1,000 that change nothing": lambda: batch(place, seconds // 2, change=False),
    }


def _mixed(place: Place, seconds: int) -> dict[str, Callable[[], Load]]:
    """Multi-object, after the other rounds, which its new rows would slow down, and a Contact PUT just before it."""
    return {
        "reference: pgbench, 64 clients": lambda: pgbench(place, seconds),
        "Contact PUT just before Multi-object": lambda: wrk(place, "put.lua", seconds, CHANGE="1"),
        "Multi-object PUT": lambda: wrk(place, "put.lua", seconds, CONFIGURATION="multi-object"),
    }


if __name__ == "__main__":
    main()
