"""`rapport user`: the people who sign in to the console."""

from __future__ import annotations

import click

from rapport.cli.database import domain, existing
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows
from rapport.settings import Settings

ROLES = ("user", "admin", "system_admin")


@click.group()
def user() -> None:
    """People who sign in to the console."""


@user.command()
@click.argument("email")
@click.option("--name", default="", help="What others call them.")
@click.option("--role", type=click.Choice(ROLES), default="user", show_default=True)
@tenant_slug
@as_json
def add(email: str, name: str, role: str, tenant_slug: str | None, as_json: bool) -> None:
    """Make somebody a member of a tenant, or give a member another role; prints a link to sign in."""
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.members.accounts import add as make
        from rapport.members.links import new
        from rapport.members.models import OneTimeLink
        from rapport.records.errors import Invalid
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.registry import find

        try:
            made = make(find(tenant_slug), COMMAND, email, name, role)
        except Invalid as fault:
            raise click.ClickException(fault.sentence("e-mail")) from fault
        link = new(made, OneTimeLink.Purpose.SIGN_IN)
        if as_json:
            write_json({"email": made.email, "name": made.name, "role": role, "sign_in_link": link})
        else:
            click.echo(f"{made.email} is a member now. A link to sign in, once, within 15 minutes:\n{link}")


@user.command("list")
@tenant_slug
@as_json
def list_users(tenant_slug: str | None, as_json: bool) -> None:
    """List the members of a tenant."""
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.members.accounts import members
        from rapport.tenants.registry import find

        columns = ("email", "name", "role", "active", "last_seen")
        write_rows(members(find(tenant_slug)), columns, as_json=as_json)


@user.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link by which EMAIL signs in once, within 15 minutes."""
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.members import accounts
        from rapport.members.links import new
        from rapport.members.models import OneTimeLink, User
        from rapport.records.errors import Invalid
        from rapport.tenants.actors import COMMAND

        try:
            found = User.objects.get_by_natural_key(email)
        except (User.DoesNotExist, Invalid):
            raise click.ClickException(f"There is nobody with the e-mail address {email}.") from None
        accounts.note(found, "member.link", author=COMMAND)
        click.echo(new(found, OneTimeLink.Purpose.SIGN_IN))
