"""`rapport webhook`: addresses that take records from programs which cannot sign in."""

from __future__ import annotations

from uuid import UUID

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows
from rapport.settings import Settings
from rapport.tenants.actors import COMMAND


@click.group()
def webhook() -> None:
    """Incoming webhooks: addresses with a user and a password."""


@webhook.command()
@click.argument("reference")
@tenant_slug
@as_json
def create(reference: str, tenant_slug: str | None, as_json: bool) -> None:
    """Make a webhook for the import configuration REFERENCE. Its password is shown this once."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps import webhooks

        try:
            made = webhooks.create(tenant, COMMAND, reference, Settings.from_environment())
        except webhooks.WebhookError as error:
            raise click.ClickException(str(error)) from error
        if as_json:
            write_json({"id": made.id, "url": made.url, "user_name": made.user_name, "password": made.password})
        else:
            click.echo(f"URL:       {made.url}\nUser name: {made.user_name}\nPassword:  {made.password}")


@webhook.command(name="list")
@tenant_slug
@as_json
def list_(tenant_slug: str | None, as_json: bool) -> None:
    """List the webhooks, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.webhooks import list_webhooks

        columns = ("id", "configuration", "url", "user_name", "active", "last_used_at")
        write_rows(list_webhooks(tenant, Settings.from_environment()), columns, as_json=as_json)


@webhook.command()
@click.argument("webhook_id", type=click.UUID)
@tenant_slug
def deactivate(webhook_id: UUID, tenant_slug: str | None) -> None:
    """Stop the webhook with WEBHOOK_ID, everywhere within five seconds."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.connected_apps.webhooks import deactivate as stop

        if not stop(tenant, COMMAND, webhook_id):
            raise click.ClickException(f"There is no active webhook with the id {webhook_id}.")
