"""Undo of an import's changes: how long the plan takes, and how fast it is beside how fast the changes were written.

    .venv/bin/python bench/undo.py --changes 200000 --planned 1000000

In this process, on a PostgreSQL of its own: contacts are imported, imported again with other values, and that is
undone, undone again (redo), and at last what made them is undone. The reference in the same run is the import itself.
Before that an import of many changes, half of them of contacts that were there, is laid down (`ledger_of_import.py`)
and its undo planned, and once more when others have changed one object of a hundred.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import ledger_of_import
import psycopg

from rapport import console
from rapport.db.embedded import DATABASE, Embedded
from rapport.settings import Settings

MIB = 1024


def write(path: Path, rows: int, name: str) -> None:
    """A file of so many contacts, two hundred to an account."""
    with path.open("w", encoding="utf-8") as file:
        print("Email,First Name,Last Name,Job Title,Account Name", file=file)
        for n in range(rows):
            print(f"person{n}@example.com,{name} {n},{name},{name},Works {n // 200}", file=file)


def imported(tenant: Any, path: Path) -> tuple[Any, float]:
    """The import's id, and the seconds that its rows took."""
    from rapport.imports import acts, checking, receiving, running
    from rapport.imports.models import Import
    from rapport.tenants.actors import COMMAND
    from rapport.tenants.scope import tenant_scope

    id, file = receiving.new_file(tenant.pk)
    with path.open("rb") as source:
        size = receiving.receive(iter(lambda: source.read(1024 * 1024), b""), file)
    receiving.begin(tenant.pk, COMMAND, id, size, receiving.Wanted(configuration="contact", name=path.name))
    if not checking.check(tenant.pk, id):
        with tenant_scope(tenant):
            acts.start(Import.objects.get(tenant_id=tenant.pk, id=id), COMMAND)
    begun = perf_counter()
    while running.turn(tenant, id):
        pass
    return id, perf_counter() - begun


def undone(tenant: Any, asked: dict[str, Any]) -> tuple[Any, Any, float, float]:
    """The undo, its plan, and the seconds of both."""
    from rapport.evidence.undoing import plan, run
    from rapport.tenants.actors import COMMAND

    begun = perf_counter()
    planned = plan.plan(tenant, asked)
    planning = perf_counter() - begun
    begun = perf_counter()
    row = plan.commit(tenant, COMMAND, planned.token)
    while run.turn(tenant, row.id):
        pass
    return row, planned, planning, perf_counter() - begun


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--planned", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-undo-") as folder:
        embedded = Embedded(Path(folder, "data"))
        try:
            database = embedded.start()
            settings = Settings(
                database_url=database.app, owner_database_url=database.owner, secret_key="k" * 48,
                spool_dir=Path(folder),
            )  # fmt: skip
            console.setup(replace(settings))
            foresee(settings, database.superuser.replace("/postgres?", f"/{DATABASE}?"), given.planned)
            measure(Path(folder), given.changes)
        finally:
            embedded.remove()


def foresee(settings: Settings, superuser: str, changes: int) -> None:
    """Plan the undo of a large import; PostgreSQL's own seconds beside, since others may use the machine."""
    from rapport.evidence.undoing import plan
    from rapport.imports.models import Import
    from rapport.tenants import bootstrap, registry
    from rapport.tenants.scope import tenant_scope

    bootstrap.migrate(settings)
    tenant = registry.create("planned")
    plan.PLANNING *= 10  # a busy machine is no reason to see nothing
    own = {"tenant_id": tenant.pk, "configuration_id": UUID(int=0), "author_type": "command", "size": 1}
    with psycopg.connect(superuser, autocommit=True) as connection:
        with tenant_scope(tenant):
            row = Import.objects.create(name="large", author_name="bench", **own)
        low, high = ledger_of_import.fill(connection, tenant.pk, changes, str(row.id))
        with tenant_scope(tenant):
            Import.objects.filter(tenant_id=tenant.pk, id=row.id).update(first_seq=low, last_seq=high)
        print("| plan | changes | s | s of PostgreSQL | µs a change |\n|---|--:|--:|--:|--:|")
        for others in ("", f", {ledger_of_import.OTHERS} % changed since"):
            if others:
                ledger_of_import.change(connection, tenant.pk, changes, high)
            before, begun = _postgres(), perf_counter()
            told = plan.plan(tenant, {"import": str(row.id)})
            seconds, own_seconds = perf_counter() - begun, _postgres() - before
            what = f"{told.restore:,} back, {told.delete:,} deleted, {told.keep:,} stay{others}"
            count = high - low + 1
            print(f"| {what} | {count:,} | {seconds:.1f} | {own_seconds:.1f} | {own_seconds / count * 1e6:.1f} |")
    print()


def _postgres() -> float:
    """Seconds of CPU that the server's process of our connection has had."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, rows: int) -> None:
    """Import, import, undo, redo, undo the making."""
    from rapport.tenants import registry

    tenant = registry.create("bench")
    print("| what | changes | plan s | s | changes/s | of writing |\n|---|--:|--:|--:|--:|--:|")
    path = folder / "people.csv"
    write(path, rows, "Ada")
    first, seconds = imported(tenant, path)
    making = rows / seconds
    print(f"| import, new | {rows:,} | | {seconds:.1f} | {making:,.0f} | 1.00 |")
    write(path, rows, "Wrong")
    second, seconds = imported(tenant, path)
    writing = rows / seconds
    print(f"| import, changed | {rows:,} | | {seconds:.1f} | {writing:,.0f} | 1.00 |")
    undo, *told = undone(tenant, {"import": str(second)})
    show("undo of what was changed", rows, *told, writing)
    redo, *told = undone(tenant, {"undo": str(undo.id)})
    show("undo of that undo", rows, *told, writing)
    _, *told = undone(tenant, {"undo": str(redo.id)})
    show("and of that", rows, *told, writing)
    _, *told = undone(tenant, {"import": str(first)})
    show("undo of what was made, with walks", rows, *told, making)
    print(f"\nPeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB:.0f} MiB")


def show(what: str, rows: int, planned: Any, planning: float, seconds: float, reference: float) -> None:
    """One line, with what the plan counted."""
    told = f"{planned.restore:,} back, {planned.delete:,} deleted, {planned.keep:,} stay"
    speed = rows / seconds
    print(f"| {what}: {told} | {rows:,} | {planning:.1f} | {seconds:.1f} | {speed:,.0f} | {speed / reference:.2f} |")


if __name__ == "__main__":
    main()
