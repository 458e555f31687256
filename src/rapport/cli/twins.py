"""`rapport twins`: contacts and accounts that are likely to be one."""

from __future__ import annotations

from uuid import UUID

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_rows

_id = click.argument("id", type=click.UUID)


@click.group()
def twins() -> None:
    """Contacts and accounts that are likely to be one."""


@twins.command(name="list")
@click.option("--dismissed", is_flag=True, help="Those that somebody has dismissed instead.")
@tenant_slug
@as_json
def list_(dismissed: bool, tenant_slug: str | None, as_json: bool) -> None:
    """List pairs with what they share, newest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory.listing import twins as pairs

        write_rows(pairs(tenant, dismissed=dismissed), ("id", "type", "reason", "first", "second"), as_json=as_json)


@twins.command()
@_id
@tenant_slug
def dismiss(id: UUID, tenant_slug: str | None) -> None:
    """Let two be two; `restore` brings them back."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import twins as pairs
        from rapport.tenants.actors import COMMAND

        if not pairs.dismiss(tenant, COMMAND, id):
            raise click.ClickException("There are no such twins.")
    click.echo("They stay two, and are not found again.")


@twins.command()
@_id
@tenant_slug
def restore(id: UUID, tenant_slug: str | None) -> None:
    """Bring a dismissed pair back."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import twins as pairs

        found = pairs.restore(tenant, id)
        if found is None:
            raise click.ClickException("There are no such twins.")
    click.echo("They are likely twins again." if found else "They share nothing any more.")
