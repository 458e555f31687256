"""`rapport changes` and `rapport requests`: what became different and what callers sent."""

from __future__ import annotations

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_rows

_limit = click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; all by default.")


@click.command()
@click.option("--since", default=0, type=click.IntRange(min=0), metavar="SEQ", help="Only changes after this number.")
@_limit
@tenant_slug
@as_json
def changes(since: int, limit: int | None, tenant_slug: str | None, as_json: bool) -> None:
    """List the changes of objects, oldest first, numbered without a gap."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.listing import changes as ledger

        columns = ("seq", "at", "kind", "object_type", "object_id", "diff")
        write_rows(ledger(tenant, since_seq=since, limit=limit), columns, as_json=as_json)


@click.command()
@_limit
@tenant_slug
@as_json
def requests(limit: int | None, tenant_slug: str | None, as_json: bool) -> None:
    """List the records that callers sent and what became of each, newest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.listing import requests as received

        columns = ("at", "status", "outcome", "request_id", "sent", "ignored", "errors")
        write_rows(received(tenant, limit=limit), columns, as_json=as_json)
