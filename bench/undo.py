"""Undo of an import's changes: how long the plan takes, and how fast it is beside how fast the changes were written.

    .venv/bin/python bench/undo.py --changes 100000

In this process, on a PostgreSQL of its own: contacts are imported, imported again with other values, and that is
undone, undone again (redo), and at last what made them is undone. The reference in the same run is the import itself.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from rapport import console
from rapport.db.embedded import Embedded
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
    rows = parser.parse_args().changes
    with tempfile.TemporaryDirectory(prefix="bench-undo-") as folder:
        embedded = Embedded(Path(folder, "data"))
        try:
            database = embedded.start()
            settings = Settings(
                database_url=database.app, owner_database_url=database.owner, secret_key="k" * 48,
                spool_dir=Path(folder),
            )  # fmt: skip
            measure(settings, Path(folder), rows)
        finally:
            embedded.remove()


def measure(settings: Settings, folder: Path, rows: int) -> None:
    """Import, import, undo, redo, undo the making."""
    console.setup(replace(settings))
    from rapport.tenants import bootstrap, registry

    bootstrap.migrate(settings)
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
