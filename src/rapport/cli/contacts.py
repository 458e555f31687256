"""`rapport contacts`: what callers have sent, as it is stored."""

from __future__ import annotations

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_rows


@click.group()
def contacts() -> None:
    """Contacts, as they are stored."""


@contacts.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List every contact."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory.listing import contacts as stored

        columns = ("id", "email", "phone", "first_name", "last_name", "account")
        write_rows(stored(tenant), columns, as_json=as_json)
