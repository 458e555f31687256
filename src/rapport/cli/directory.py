"""`rapport contacts`, `rapport accounts`: what is stored, one of them then and now, deleted, restored, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

_LISTED = {
    "contact": ("id", "email", "phone", "first_name", "last_name", "account"),
    "account": ("id", "name", "number", "industry", "region"),
}
_id = click.argument("id", type=click.UUID)


@click.group()
@click.pass_context
def contacts(context: click.Context) -> None:
    """Contacts, as they are stored."""
    context.obj = "contact"


@click.group()
@click.pass_context
def accounts(context: click.Context) -> None:
    """Accounts, as they are stored."""
    context.obj = "account"


@click.command(name="list")
@tenant_slug
@as_json
@click.pass_obj
def list_(kind: str, tenant_slug: str | None, as_json: bool) -> None:
    """List all of them, oldest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import listing

        stored = listing.contacts if kind == "contact" else listing.accounts
        write_rows(stored(tenant), _LISTED[kind], as_json=as_json)


@click.command()
@_id
@click.option("--as-of", metavar="TIME", help="As it was then (ISO 8601).")
@tenant_slug
@as_json
@click.pass_obj
def show(kind: str, id: UUID, as_of: str | None, tenant_slug: str | None, as_json: bool) -> None:
    """Show one, as it is or was."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import past
        from rapport.tenants.query import Reader
        from rapport.tenants.scope import tenant_scope

        reader = Reader.of({} if as_of is None else {"as_of": as_of})
        moment = reader.time("as_of")
        reader.finish()
        with tenant_scope(tenant) as tenant_id:
            told = past.read(tenant_id, kind, id, moment)
    if told is None:
        raise click.ClickException(f"There was no such {kind} then.")
    if as_json:
        write_json(told)
        return
    write_rows(({"field": name, "value": value} for name, value in told.items()), ("field", "value"), as_json=False)


@click.command()
@_id
@tenant_slug
@click.pass_obj
def delete(kind: str, id: UUID, tenant_slug: str | None) -> None:
    """Put one out of sight at once; for 30 days it can be restored."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import removing
        from rapport.tenants.actors import COMMAND

        removing.remove(tenant, COMMAND, kind, id)
    click.echo(f"The {kind} is deleted. For {removing.KEPT.days} days it can be restored: rapport {kind}s restore {id}")


@click.command()
@tenant_slug
@as_json
@click.pass_obj
def deleted(kind: str, tenant_slug: str | None, as_json: bool) -> None:
    """List what is deleted and can be restored, newest first."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory.listing import deleted as gone

        write_rows(gone(tenant, kind), (*_LISTED[kind], "deleted_at"), as_json=as_json)


@click.command()
@_id
@tenant_slug
@click.pass_obj
def restore(kind: str, id: UUID, tenant_slug: str | None) -> None:
    """Bring a deleted one back, with everything that it was found by."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import removing
        from rapport.tenants.actors import COMMAND

        removing.restore(tenant, COMMAND, kind, id)
    click.echo(f"The {kind} is there.")


@click.command()
@click.argument("into", type=click.UUID)
@click.argument("merged", metavar="FROM...", type=click.UUID, nargs=-1, required=True)
@click.option("--keep", metavar="FIELD=ID", multiple=True, help="Whose value of a field stays; may be named again.")
@click.option("--dry-run", is_flag=True, help="Say what would change and move, and change nothing.")
@tenant_slug
@as_json
@click.pass_obj
def merge(
    kind: str,
    into: UUID,
    merged: tuple[UUID, ...],
    keep: tuple[str, ...],
    dry_run: bool,
    tenant_slug: str | None,
    as_json: bool,
) -> None:
    """Make FROM part of INTO, with keys, aliases and what belongs to them; much is moved by the worker."""
    kept = _kept(keep)
    with tenant_named(tenant_slug) as tenant:
        from rapport.directory import merging
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        if dry_run:
            with tenant_scope(tenant) as tenant_id:
                looked = merging.looked_at(tenant_id, kind, into, merged, kept)
            _tell_looked(looked, as_json=as_json)
            return
        _tell(tenant, merging.merge(tenant, COMMAND, kind, into, merged, kept).id, as_json=as_json)


@click.command(name="merge-progress")
@_id
@tenant_slug
@as_json
def merge_progress(id: UUID, tenant_slug: str | None, as_json: bool) -> None:
    """Say how far a merge is."""
    with tenant_named(tenant_slug) as tenant:
        _tell(tenant, id, as_json=as_json)


for group in (contacts, accounts):
    for command in (list_, show, delete, deleted, restore, merge, merge_progress):
        group.add_command(command)


def _kept(given: tuple[str, ...]) -> dict[str, UUID]:
    """Field -> whose value stays. Raises `click.UsageError`."""
    try:
        return {name: UUID(id) for name, _, id in (each.partition("=") for each in given)}
    except ValueError:
        raise click.UsageError("A --keep is a field, = and one of the ids.") from None


def _tell_looked(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(told)
        return
    fields = ({"field": name, "now": old, "then": new} for name, (old, new) in told["fields"].items())
    write_rows(fields, ("field", "now", "then"), as_json=False)
    moves = [f"{name.replace('_', ' ')}: {number:,}" for name, number in told["moves"].items() if number]
    click.echo(f"What would move: {', '.join(moves) or 'nothing'}.")
    for each in told["suppressed"]:
        click.echo(f"{each['key'][2:]} is on the list {each['list']}: the one that is kept gets no mail then.")


def _tell(tenant: Tenant, id: UUID, *, as_json: bool) -> None:
    from rapport.directory.api.merging import represent
    from rapport.directory.models import Merge
    from rapport.tenants.scope import tenant_scope

    with tenant_scope(tenant) as tenant_id:
        row = Merge.objects.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise click.ClickException("There is no such merge.")
    told = represent(row)
    if as_json:
        write_json(told)
        return
    click.echo(f"{told['id']} is {told['state']} ({told['progress']:.0%}): objects moved: {told['moved']:,}.")
    click.echo(f"See what taking it back would do: rapport undo plan --merge {told['id']}")
