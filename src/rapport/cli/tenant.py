"""`rapport tenant`: the customers of this deployment, each a world of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from rapport.cli.database import domain, existing
from rapport.cli.output import as_json, write_json
from rapport.settings import Settings


@click.group()
def tenant() -> None:
    """Tenants, which the console calls systems."""


@tenant.command()
@click.argument("slug")
@click.option("--name", help="What people see; by default made from SLUG.")
@click.option("--region", metavar="LABEL", help="Its region; by default the deployment's.")
@click.option(
    "--created-at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="DATE",
    help="When it came to be, in UTC; by default now. Default configurations came on 2021-09-24.",
)
@as_json
def create(slug: str, name: str | None, region: str | None, created_at: datetime | None, as_json: bool) -> None:
    """Make a tenant that commands and addresses call SLUG."""
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.tenants.registry import create as make

        made = make(slug, name, region, created_at.replace(tzinfo=UTC) if created_at else None)
        if as_json:
            write_json({"slug": made.slug, "name": made.name, "region": made.region, "created_at": made.created_at})
        else:
            click.echo(f"Made the tenant {made.slug} in the region {made.region}.")
