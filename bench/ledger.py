"""What the ledger's insert costs by its indexes: bare, in groups of 60, on the embedded PostgreSQL.

Each table has so many entries of random objects before it is measured; an entry changes one of them. Options:
--entries N before (3,000,000), --objects N (500,000), --groups N of 60 that are measured (2,000).
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import processes
import psycopg

from rapport.db.embedded import Embedded

GROUP = 60
DIFF = json.dumps({"first_name": ["Augusta", "Ada"], "job_title": ["Analyst", "Countess"]})
OLD = (
    "tenant_id integer not null, seq bigint not null, at timestamptz not null, object_type text not null,"
    " object_id uuid not null, version integer not null, kind text not null, diff jsonb not null,"
    " actor_type text not null, actor_id uuid, request_id text not null"
)
NEW = OLD + ", configuration_id uuid, configuration_version integer, record uuid, prev uuid, links jsonb"
KEY = "primary key (tenant_id, seq)"
BY_OBJECT, BY_TIME = "(tenant_id, object_id, seq)", "(tenant_id, at)"


class Design(NamedTuple):
    """A ledger, and what finds its entries."""

    name: str
    columns: str
    indexes: tuple[str, ...] = ()
    #: Entries of a partition; 0: there are none.
    partition: int = 0


DESIGNS = (
    Design("primary key only", OLD),
    Design("indexes by object and time, as at fcfcb83", OLD, (BY_OBJECT, BY_TIME)),
    Design("record, prev, configuration, links; one index by record", NEW, ("(tenant_id, record)",)),
    Design("partitions by seq, local index by object", OLD, (BY_OBJECT,), 1_000_000),
)


class Cost(NamedTuple):
    """Of one entry."""

    microseconds: float
    log_bytes: float


def main() -> None:
    """Measure every design, right after a checkpoint and in steady state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=3_000_000)
    parser.add_argument("--objects", type=int, default=500_000)
    parser.add_argument("--groups", type=int, default=2_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rapport-ledger-"))
    embedded = Embedded(folder)
    print(
        "| ledger insert | CPU µs an entry, after a checkpoint / steady | log bytes an entry, likewise |\n|---|--:|--:|"
    )
    try:
        with psycopg.connect(embedded.start().superuser, autocommit=True) as database:
            for design in DESIGNS:
                first, steady = measured(database, design, options)
                print(
                    f"| {design.name} | {first.microseconds:.1f} / {steady.microseconds:.1f} |"
                    f" {first.log_bytes:,.0f} / {steady.log_bytes:,.0f} |"
                )
    finally:
        embedded.stop()
        embedded.remove()
        shutil.rmtree(folder, ignore_errors=True)


def measured(database: psycopg.Connection, design: Design, options: argparse.Namespace) -> tuple[Cost, Cost]:
    """The costs behind a checkpoint, and once every page that is touched has been touched."""
    _make(database, design, options)
    entries = _entries(design, options)
    database.execute("checkpoint")
    first = _cost(database, entries, options.groups)
    _cost(database, entries, options.groups)
    steady = _cost(database, entries, options.groups)
    database.execute("drop table ledger")
    return first, steady


def _make(database: psycopg.Connection, design: Design, options: argparse.Namespace) -> None:
    """The table with its past."""
    parted = " partition by range (seq)" if design.partition else ""
    database.execute(f"create table ledger ({design.columns}, {KEY}){parted}")
    behind = options.entries + 4 * options.groups * GROUP
    for start in range(0, behind, design.partition) if design.partition else ():
        bounds = f"from ({start}) to ({start + design.partition})"
        database.execute(f"create table ledger_{start} partition of ledger for values {bounds}")
    for index in design.indexes:
        database.execute(f"create index on ledger {index}")
    named = ", md5('f')::uuid, 1, lpad(to_hex(n), 32, '0')::uuid, md5('p' || n)::uuid, null"
    more = named if design.columns == NEW else ""
    database.execute(
        f"insert into ledger select 1, n, timestamptz '2026-01-01' + n * interval '1 ms', 'contact',"
        f" md5('o' || floor(random() * {options.objects})::integer)::uuid, 2, 'updated', '{DIFF}', 'app',"
        f" md5('a')::uuid, 'request'{more} from generate_series(1, {options.entries}) n"
    )
    database.execute("vacuum analyze ledger")


def _entries(design: Design, options: argparse.Namespace) -> Iterator[list[tuple[object, ...]]]:
    """Groups of entries that follow."""
    objects = [uuid4() for _ in range(options.objects)]
    app, number = uuid4(), options.entries
    while True:
        group: list[tuple[object, ...]] = []
        for _ in range(GROUP):
            number += 1
            entry = (1, number, "2027-01-01", "contact", random.choice(objects), 2, "updated", DIFF, "app", app, "r")
            group.append((*entry, app, 1, UUID(int=number), uuid4(), None) if design.columns == NEW else entry)
        yield group


def _cost(database: psycopg.Connection, entries: Iterator[list[tuple[object, ...]]], groups: int) -> Cost:
    """What so many groups cost the server's process and its log."""
    made = [next(entries) for _ in range(groups)]
    width = len(made[0][0])
    types = ["integer", "bigint", "timestamptz", "text", "uuid", "integer", "text", "jsonb", "text", "uuid", "text"]
    types += ["uuid", "integer", "uuid", "uuid", "jsonb"][: width - len(types)]
    columns = ", ".join(f"%s::{each}[]" for each in types)
    pid = database.info.backend_pid
    log = "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
    used, (written,) = processes.seconds(pid), database.execute(log).fetchone() or (0,)
    for group in made:
        database.execute(f"insert into ledger select * from unnest({columns})", [*map(list, zip(*group, strict=True))])
    after, (behind,) = processes.seconds(pid), database.execute(log).fetchone() or (0,)
    return Cost(1e6 * (after - used) / groups / GROUP, float(behind - written) / groups / GROUP)


if __name__ == "__main__":
    main()
