"""`rapport import`: a file becomes records."""

from __future__ import annotations

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from rapport.tenants.models import Tenant

PIECE = 1024 * 1024
#: Seconds between two looks at an import that is followed.
LOOK = 0.5
_MOVING = ("received", "checking", "running")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--configuration", required=True, metavar="R", help="Reference of the configuration that maps it.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and write nothing.")
@click.option("--encoding", metavar="E", help="What it is read in, such as cp1252, whatever it looks like.")
@click.option("--follow", is_flag=True, help="Wait for the end and show the progress; the worker does the work.")
@tenant_slug
@as_json
def import_(
    file: Path,
    configuration: str,
    dry_run: bool,
    encoding: str | None,
    follow: bool,
    tenant_slug: str | None,
    as_json: bool,
) -> None:
    """Import FILE: CSV, a workbook, NDJSON or (with pyarrow) Parquet, also packed; of any size."""
    with tenant_named(tenant_slug) as tenant:
        id = _begin(tenant, file, configuration, dry_run=dry_run, encoding=encoding)
        told = _followed(tenant, id, quiet=as_json) if follow else _told(tenant, id)
    if as_json:
        write_json(told)
    else:
        click.echo(_sentence(told))
    if told["state"] == "failed":
        raise click.exceptions.Exit(1)


def _begin(tenant: Tenant, file: Path, configuration: str, *, dry_run: bool, encoding: str | None) -> UUID:
    from rapport.imports import receiving
    from rapport.imports.errors import ImportsError
    from rapport.imports.reading.readings import CHOICES
    from rapport.tenants.actors import COMMAND

    if encoding is not None and encoding not in CHOICES:
        raise click.ClickException(f"The encoding must be one of: {', '.join(CHOICES)}.")
    wanted = receiving.Wanted(configuration=configuration, name=file.name, dry_run=dry_run, encoding=encoding)
    id, path = receiving.new_file(tenant.pk)
    try:
        size = receiving.receive(_pieces(file), path)
        receiving.begin(tenant.pk, COMMAND, id, size, wanted)
    except ImportsError as error:
        path.unlink(missing_ok=True)
        raise click.ClickException(str(error)) from None
    return id


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece


def _told(tenant: Tenant, id: UUID) -> dict[str, Any]:
    from rapport.imports.models import Import
    from rapport.imports.representation import represent
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(tenant) as tenant_id:
        return represent(Import.objects.get(tenant_id=tenant_id, id=id))


def _followed(tenant: Tenant, id: UUID, *, quiet: bool) -> dict[str, Any]:
    """The import at its end, or where it waits for a person."""
    with click.progressbar(length=1, label="Importing", show_eta=False, hidden=quiet) as bar:
        while True:
            told = _told(tenant, id)
            if told["bytes"]:
                bar.length, bar.label = told["bytes"], f"{told['read']:,} rows"
                bar.update(told["bytes_done"] - bar.pos)
            if told["state"] not in _MOVING:
                return told
            sleep(LOOK)


def _sentence(told: dict[str, Any]) -> str:
    counts = ", ".join(f"{told[name]:,} {name}" for name in ("created", "updated", "unchanged", "rejected", "blank"))
    would = " (dry run: nothing was written)" if told["dry_run"] else ""
    reason = f" {told['reason']}" if told["reason"] else ""
    said = f"{told['import']} is {told['state']}.{reason} {told['read']:,} rows read: {counts}{would}."
    shown = (f"  {each['encoding']}: {' / '.join(each['lines'])}" for each in told["readings"])
    return "\n".join([said, *shown])
