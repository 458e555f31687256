"""Rows a second, CPU and peak memory of a file import: contacts of 8 columns, new and then unchanged.

    .venv/bin/python bench/imports.py --rows 100000

Runs the worker's own turns in this process, on a PostgreSQL of its own. Reads a file from a temporary directory. The
reference in the same run is what PostgreSQL alone needs for the same file: `COPY` into a bare table, and one
`insert … select … on conflict do update` from there.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import processes
import psycopg

from rapport import console
from rapport.db.embedded import Embedded
from rapport.process import calm_collector
from rapport.settings import Settings

HEADINGS = "Email,Phone,First Name,Last Name,Job Title,Job Level,Language,Account Name"
COLUMNS = HEADINGS.lower().replace(" ", "_").split(",")
MIB = 1024


def write(path: Path, rows: int) -> None:
    """A file of so many contacts, two hundred to an account."""
    with path.open("w", encoding="utf-8") as file:
        print(HEADINGS, file=file)
        for n in range(rows):
            print(
                f"person{n}@example.com,+31 20 {n:08},Ada {n},Lovelace,Analyst,Senior,English,Works {n // 200}",
                file=file,
            )


def copied(superuser: psycopg.Connection, path: Path) -> float:
    """Seconds that PostgreSQL alone needs for the file, merged into a table of its own."""
    typed = ", ".join(f"{name} text" for name in COLUMNS)
    # Its upkeep is not what an import costs.
    plain = "with (autovacuum_enabled = off)"
    superuser.execute(f"create table if not exists bare ({typed}, primary key (email)) {plain}")
    superuser.execute(f"create temp table arrived ({typed})")
    begun = perf_counter()
    with superuser.cursor().copy("copy arrived from stdin csv header") as copy, path.open("rb") as file:
        while piece := file.read(256 * 1024):
            copy.write(piece)
    news = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    superuser.execute(f"insert into bare select * from arrived on conflict (email) do update set {news}")
    seconds = perf_counter() - begun
    superuser.execute("drop table arrived")
    return seconds


def run(tenant: Any, path: Path, postmaster: int, reference: float) -> str:
    """Import the file; what it took."""
    from rapport.imports import acts, checking, receiving, running
    from rapport.imports.models import Import
    from rapport.tenants.actors import COMMAND
    from rapport.tenants.scope import tenant_scope

    id, file = receiving.new_file(tenant.pk)
    with path.open("rb") as source:
        size = receiving.receive(iter(lambda: source.read(1024 * 1024), b""), file)
    row = receiving.begin(tenant.pk, COMMAND, id, size, receiving.Wanted(configuration="contact", name=path.name))
    begun, own, theirs = perf_counter(), process_time(), processes.seconds(postmaster)
    if not checking.check(tenant.pk, id):
        with tenant_scope(tenant):
            acts.start(Import.objects.get(tenant_id=tenant.pk, id=id), COMMAND)
    while running.turn(tenant, id):
        pass
    seconds, own, theirs = perf_counter() - begun, process_time() - own, processes.seconds(postmaster) - theirs
    with tenant_scope(tenant):
        row = Import.objects.get(tenant_id=tenant.pk, id=id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    made = f"{row.created:,} created, {row.updated:,} updated, {row.unchanged:,} unchanged, {row.rejected:,} rejected"
    cost = f"CPU µs a row: worker {own / row.read * 1e6:.0f}, PostgreSQL {theirs / row.read * 1e6:.0f}"
    rate = f"{row.read / seconds:>8,.0f} rows/s = {reference / seconds:.2f}x of {row.read / reference:,.0f}"
    return f"{rate}  {seconds:6.1f} s  {cost}  peak {peak:4.0f} MiB  {row.state}: {made}"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="rapport-imports-") as folder:
        embedded = Embedded(Path(folder) / "db")
        urls = embedded.start()
        try:
            settings = Settings(
                database_url=urls.app, owner_database_url=urls.owner, secret_key="k" * 48, data_dir=Path(folder)
            )
            console.setup(settings)
            from rapport.tenants import bootstrap, registry

            bootstrap.migrate(replace(settings))
            tenant = registry.create("bench")
            path = Path(folder) / "contacts.csv"
            write(path, rows)
            calm_collector()  # as the worker does
            with psycopg.connect(urls.superuser, autocommit=True) as superuser:
                postmaster = processes.parent(superuser.info.backend_pid)
                for what in ("new", "the same again"):
                    reference = copied(superuser, path)
                    print(f"{what:<15}{run(tenant, path, postmaster, reference)}", flush=True)
        finally:
            embedded.remove()


if __name__ == "__main__":
    main()
