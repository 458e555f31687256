"""`rapport unmapped`: headings that callers send and nothing maps."""

from __future__ import annotations

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_rows


@click.command()
@click.option("--configuration", metavar="REFERENCE", help="Only this configuration's; all by default.")
@click.option("--dismissed", is_flag=True, help="Those that somebody has dismissed instead.")
@tenant_slug
@as_json
def unmapped(configuration: str | None, dismissed: bool, tenant_slug: str | None, as_json: bool) -> None:
    """List headings that nothing maps, with what they probably are, those seen last first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.configurations.unmapped import listing

        columns = ("configuration", "heading", "count", "last_seen", "sample", "suggestion")
        write_rows(listing(tenant, configuration, dismissed=dismissed), columns, as_json=as_json)
