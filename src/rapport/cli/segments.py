"""`rapport segments`: saved conditions, and whom they mean."""

from __future__ import annotations

from uuid import UUID

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows

_id = click.argument("segment", type=click.UUID)


@click.group()
def segments() -> None:
    """Segments: saved conditions on contacts."""


@segments.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the segments, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import representation
        from rapport.campaigns.models import Segment
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            rows = Segment.objects.filter(tenant_id=tenant_id).order_by("id")
            told = [representation.segment(row) for row in rows]
        write_rows(told, ("id", "name", "version"), as_json=as_json)


@segments.command()
@_id
@tenant_slug
def show(segment: UUID, tenant_slug: str | None) -> None:
    """Print SEGMENT as JSON."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import representation
        from rapport.campaigns import segments as saved
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            write_json(representation.segment(saved.find(tenant_id, segment)))


@segments.command()
@_id
@tenant_slug
@as_json
def count(segment: UUID, tenant_slug: str | None, as_json: bool) -> None:
    """Count the contacts that SEGMENT means now; an estimate where that takes longer than a second."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.campaigns import choosing
        from rapport.campaigns import segments as saved
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            found = choosing.count(tenant_id, {"segment": str(saved.find(tenant_id, segment).id)})
        told = f"{found.number}" if found.exact else f"about {found.number}"
        write_json(found._asdict()) if as_json else click.echo(told)
