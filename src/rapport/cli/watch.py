"""`rapport watch`: files that come into a folder become records."""

from __future__ import annotations

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json

if TYPE_CHECKING:
    from rapport.imports.watching import Folder
    from rapport.tenants.models import Tenant


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--configuration", required=True, metavar="R", help="Reference of the configuration that maps the files.")
@click.option("--every", type=click.FloatRange(0.1), default=2.0, metavar="SECONDS", help="Between two looks.")
@click.option("--once", is_flag=True, help="Take what is there, and end.")
@tenant_slug
@as_json
def watch(folder: Path, configuration: str, every: float, once: bool, tenant_slug: str | None, as_json: bool) -> None:
    """Import each new file in FOLDER once, as soon as it grows no more; what was taken before is not taken again."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.imports.watching import Folder

        files = Folder(folder)
        files.settled()
        while True:
            sleep(every)
            refused = _look(tenant, files, configuration, as_json=as_json)
            if once:
                raise click.exceptions.Exit(1 if refused else 0)


def _look(tenant: Tenant, files: Folder, configuration: str, *, as_json: bool) -> bool:
    """Take what has settled; whether something could not be taken, which is tried again at the next look."""
    from django.db import Error, connection

    from rapport.imports.errors import ImportsError
    from rapport.imports.receiving import clean
    from rapport.imports.watching import NO_FILE, take
    from rapport.tenants.actors import COMMAND

    refused = False
    for name in files.strangers():
        click.echo(f"{clean(name)} was not taken: {NO_FILE}", err=True)
        refused = True
    for path in files.settled():
        try:
            row = take(tenant, COMMAND, path, configuration)
        except (ImportsError, OSError, Error) as error:
            connection.close()
            sentence = str(error) if isinstance(error, ImportsError) else type(error).__name__
            click.echo(f"{clean(path.name)} was not taken: {sentence}", err=True)
            refused = True
            continue
        if row is not None and as_json:
            write_json({"import": str(row.id), "name": row.name})
        elif row is not None:
            click.echo(f"{row.id} is {row.name}.")
    return refused
