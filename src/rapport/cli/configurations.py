"""`rapport configurations`: import configurations as files, to be kept in git."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import click
import tomli_w

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows


@click.group()
def configurations() -> None:
    """Import configurations: which heading fills which field."""


@configurations.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the configurations, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import listed

        columns = ("reference", "name", "kind", "data_type", "active", "version", "updated_at")
        write_rows(listed(tenant), columns, as_json=as_json)


@configurations.command()
@click.option("--reference", metavar="R", help="Only this one; by default all but the defaults.")
@tenant_slug
def export(reference: str | None, tenant_slug: str | None) -> None:
    """Print configurations as TOML, as `apply` takes them."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import export as content

        click.echo(tomli_w.dumps(content(tenant, reference)), nl=False)


@configurations.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@tenant_slug
@as_json
def apply(file: Path, dry_run: bool, tenant_slug: str | None, as_json: bool) -> None:
    """Bring configurations to what FILE says, all of it or nothing; others stay as they are."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is no TOML in UTF-8: {error}.") from None
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.files import apply as bring

        for done in bring(tenant, content, dry_run=dry_run):
            if as_json:
                write_json(asdict(done))
            else:
                what = f": {', '.join(done.changed)}" if done.changed else ""
                click.echo(f"{done.outcome:<9}  {done.reference}  {done.name}{what}")
