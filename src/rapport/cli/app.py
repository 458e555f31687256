"""`rapport app`: Connected Apps, the credentials that callers sign in with."""

from __future__ import annotations

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows
from rapport.connected_apps.scopes import SCOPES
from rapport.tenants.actors import COMMAND


@click.group()
def app() -> None:
    """Connected Apps: the credentials of callers."""


@app.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, help=f"One it may ask for; repeat for more: {', '.join(SCOPES)}.")
@click.option(
    "--configuration",
    "configurations",
    multiple=True,
    metavar="REFERENCE",
    help="A configuration it may send records for; repeat for more, all by default.",
)
@click.option("--rate", type=click.IntRange(min=1), metavar="N", help="Records a second; no limit by default.")
@tenant_slug
@as_json
def create(
    name: str,
    scopes: tuple[str, ...],
    configurations: tuple[str, ...],
    rate: int | None,
    tenant_slug: str | None,
    as_json: bool,
) -> None:
    """Make a Connected App called NAME. Its secret is shown this once."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.issue import create_app

        made = create_app(tenant, COMMAND, name, list(scopes) or None, rate, list(configurations) or None)
        if as_json:
            write_json({"client_id": made.client_id, "client_secret": made.client_secret})
        else:
            click.echo(f"Client id:     {made.client_id}\nClient secret: {made.client_secret}")


@app.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the Connected Apps, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.issue import list_apps

        columns = ("name", "client_id", "scopes", "configurations", "rate", "active", "last_used_at")
        write_rows(list_apps(tenant), columns, as_json=as_json)


@app.command()
@click.argument("client_id")
@tenant_slug
def deactivate(client_id: str, tenant_slug: str | None) -> None:
    """Stop the Connected App with CLIENT_ID and its tokens, everywhere within five seconds."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.issue import deactivate as stop

        if not stop(tenant, COMMAND, client_id):
            raise click.ClickException(f"There is no active Connected App with the client id {client_id}.")


@app.command()
@click.argument("client_id")
@tenant_slug
@as_json
def rotate(client_id: str, tenant_slug: str | None, as_json: bool) -> None:
    """Give the Connected App with CLIENT_ID a new secret; the one before it keeps working beside it."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.issue import rotate as renew

        secret = renew(tenant, COMMAND, client_id)
        if as_json:
            write_json({"client_id": client_id, "client_secret": secret})
        else:
            click.echo(f"Client secret: {secret}")
