"""`rapport migrate`: brings the database up to date."""

from __future__ import annotations

import click

from rapport.cli.database import connected, domain
from rapport.settings import Settings


@click.command()
def migrate() -> None:
    """Create or update tables, roles and partitions, as the tables' owner."""
    with connected(Settings.from_environment()) as settings, domain(settings):
        from rapport.tenants.bootstrap import migrate as bring_up_to_date

        bring_up_to_date(settings)
        click.echo("The database is up to date.")
