"""`rapport undo`: takes back what records, imports, apps and people did."""

from __future__ import annotations

from typing import Any

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json


@click.group()
def undo() -> None:
    """Take back what records, imports, apps and people did."""


@undo.command()
@click.option("--record", metavar="ID", help="What one record did.")
@click.option("--request", metavar="ID", help="What all records of a request did.")
@click.option("--import", "import_", metavar="ID", help="What an import wrote.")
@click.option("--undo", metavar="ID", help="An undo: everything comes again.")
@click.option("--replay", metavar="ID", help="What a replay wrote.")
@click.option("--merge", metavar="ID", help="A merge: what was merged comes back.")
@click.option("--app", metavar="ID", help="What came from a Connected App, by id or client id.")
@click.option("--configuration", metavar="R", help="What came by a configuration.")
@click.option("--user", metavar="ID", help="What a person did.")
@click.option("--change", "changes", metavar="SEQ", type=int, multiple=True, help="An entry; may be named again.")
@click.option("--from", "from_", metavar="TIME", help="At or after this time (ISO 8601); alone: everything since.")
@click.option("--to", metavar="TIME", help="Before this time.")
@tenant_slug
@as_json
def plan(
    tenant_slug: str | None,
    as_json: bool,
    import_: str | None,
    changes: tuple[int, ...],
    from_: str | None,
    **given: str | None,
) -> None:
    """Say what an undo would do, and give the token by which it is done; nothing is changed."""
    named = {**given, "import": import_, "changes": list(changes), "from": from_}
    asked = {name: value for name, value in named.items() if value}
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.undoing import plan as planning

        told = planning.plan(tenant, asked).as_json()
    if as_json:
        write_json(told)
        return
    click.echo(
        f"{told['restore']:,} fields go back, {told['delete']:,} objects are deleted, {told['keep']:,} fields stay."
    )
    for reason, number in told["reasons"].items():
        click.echo(f"  {number:,} stay: {reason}")
    sent = told["irreversible"]
    if sent["mails"]:
        click.echo(f"Not taken back: mails that went out, {sent['mails']:,}{' or more' * sent['cut_short']}.")
    click.echo(f"Do it within an hour: rapport undo commit {told['plan']}")


@undo.command()
@click.argument("token")
@click.option("--skip-moved", is_flag=True, help="Leave what has changed since the plan, instead of refusing.")
@tenant_slug
@as_json
def commit(token: str, skip_moved: bool, tenant_slug: str | None, as_json: bool) -> None:
    """Do what was planned; more than 1,000 objects are done by the worker."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.api.undo import represent
        from rapport.evidence.undoing import plan as planning
        from rapport.tenants.actors import COMMAND

        told = represent(planning.commit(tenant, COMMAND, token, "skip" if skip_moved else None))
    _tell(told, as_json=as_json)


@undo.command()
@click.argument("id", type=click.UUID)
@tenant_slug
@as_json
def show(id: Any, tenant_slug: str | None, as_json: bool) -> None:
    """Say how far an undo is, and what it did."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.api.undo import represent
        from rapport.evidence.models import Undo
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            row = Undo.objects.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise click.ClickException("There is no such undo.")
    _tell(represent(row), as_json=as_json)


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(told)
        return
    back, gone, stayed = (f"{told[name]:,}" for name in ("restore", "delete", "keep"))
    done = f"{back} fields went back, {gone} objects were deleted, {stayed} fields stayed"
    click.echo(f"{told['id']} is {told['state']} ({told['progress']:.0%}): {done}.")
