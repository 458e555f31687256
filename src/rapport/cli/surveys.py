"""`rapport surveys`: what contacts are asked, as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows


@click.group()
def surveys() -> None:
    """Surveys: what contacts are asked."""


@surveys.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the surveys, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.feedback.files import listed

        columns = ("reference", "name", "state", "default", "version", "updated_at")
        write_rows(listed(tenant), columns, as_json=as_json)


@surveys.command()
@click.option("--reference", metavar="R", help="Only this one; by default all.")
@tenant_slug
def export(reference: str | None, tenant_slug: str | None) -> None:
    """Print surveys as JSON, as `apply` takes them."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.feedback.errors import SurveyError
        from rapport.feedback.files import export as content

        try:
            click.echo(json.dumps(content(tenant, reference), ensure_ascii=False, indent=2))
        except SurveyError as error:
            raise click.ClickException(str(error)) from None


@surveys.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@tenant_slug
@as_json
def apply(file: Path, dry_run: bool, tenant_slug: str | None, as_json: bool) -> None:
    """Bring surveys to what FILE says, all of it or nothing; others stay as they are, and so does the default."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} is no JSON in UTF-8: {error}.") from None
    with tenant_named(tenant_slug) as tenant:
        from rapport.feedback.errors import SurveyError
        from rapport.feedback.files import apply as bring

        try:
            for done in bring(tenant, content, dry_run=dry_run):
                if as_json:
                    write_json(asdict(done))
                else:
                    click.echo(f"{done.outcome:<9}  {done.reference}  {done.name}, version {done.version}")
        except SurveyError as error:
            raise click.ClickException(str(error)) from None
