"""`rapport user`: the people who sign in to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rapport.cli.database import domain, existing
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows
from rapport.settings import Settings

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

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
    """Make somebody a member of a tenant, or give a member another role; prints a link to sign in, or to join.

    Somebody may have an account already. Where nobody has proved that its address is theirs, they join by the link.
    """
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.records.errors import Invalid
        from rapport.tenants.registry import find

        try:
            made = _joined(find(tenant_slug), email, name, role)
        except Invalid as fault:
            raise click.ClickException(fault.sentence("e-mail")) from fault
        if as_json:
            write_json(made)
        else:
            click.echo(_told(made))


def _joined(tenant: Tenant, email: str, name: str, role: str) -> dict[str, Any]:
    """What became of it; one of the two links is there."""
    from rapport.members import accounts, invitations, links
    from rapport.members.models import OneTimeLink, Role
    from rapport.tenants.actors import COMMAND
    from rapport.tenants.scope import tenant_scope

    known = accounts.find(email)
    told = {"name": known.name if known else name, "role": role, "existed": known is not None, "member": True}
    told |= {"sign_in_link": None, "invitation_link": None}
    try:
        made = accounts.add(tenant, COMMAND, email, name, role)
        told["sign_in_link"] = links.new(made, OneTimeLink.Purpose.SIGN_IN)
    except accounts.UnprovedError:
        with tenant_scope(tenant) as tenant_id:
            invited, link = invitations.invite(tenant_id, COMMAND, email, Role(role), proves=True)
        return {"email": invited.email, **told, "member": False, "invitation_link": link}
    return {"email": made.email, **told}


def _told(made: dict[str, Any]) -> str:
    """The same for reading."""
    email = made["email"]
    if not made["member"]:
        return (
            f"{email} has an account already, and nobody has proved that the address is theirs. They become a member by"
            " this link, once, within a week; the account's password and sessions end with it:\n"
            f"{made['invitation_link']}"
        )
    has = "had an account already and is" if made["existed"] else "is"
    return f"{email} {has} a member now. A link to sign in, once, within 15 minutes:\n{made['sign_in_link']}"


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
