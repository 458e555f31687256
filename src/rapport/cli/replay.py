"""`rapport replay`: what a replay would do, doing that, how far it is."""

from __future__ import annotations

from typing import Any

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json


@click.group()
def replay() -> None:
    """Put refused records, and what came under a heading since mapped, through again."""


@replay.command()
@click.option("--heading", metavar="H", help="What came under this heading of the configuration before it was mapped.")
@click.option("--configuration", metavar="R", help="The heading's, or only refused records for this one.")
@click.option("--instead-of", metavar="R", help="The configuration that the heading's records had named.")
@click.option("--read-by", metavar="R", help="The configuration that reads refused records, not the one they named.")
@click.option("--record", "ids", metavar="ID", multiple=True, help="A refused record; may be named again.")
@click.option("--app", metavar="ID", help="Refused records from a Connected App, by client id, or from this sender.")
@click.option("--reason", metavar="SENTENCE", help="Records that were refused with this sentence.")
@click.option("--from", "from_", metavar="TIME", help="Records that came at or after this time (ISO 8601).")
@click.option("--to", metavar="TIME", help="Before this time.")
@tenant_slug
@as_json
def plan(
    tenant_slug: str | None,
    as_json: bool,
    heading: str | None,
    instead_of: str | None,
    read_by: str | None,
    ids: tuple[str, ...],
    from_: str | None,
    **given: str | None,
) -> None:
    """Say what would become of the records, and give the token by which it is done; nothing is changed."""
    filters = {name: text for name, text in {**given, "from": from_}.items() if text}
    asked: dict[str, Any] = {"records": list(ids) or filters} | ({"configuration": read_by} if read_by else {})
    if heading is not None:
        asked = {"heading": heading, **filters} | ({"instead_of": instead_of} if instead_of else {})
    if not asked["records" if heading is None else "heading"]:
        raise click.UsageError("Name a heading with its configuration, a record, or what refused records have.")
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.replaying import plan as planning

        told = planning.plan(tenant, asked).as_json()
    if as_json:
        write_json(told)
        return
    click.echo(f"{_counts(told, 'are written', 'are there already', 'stay unwritten', 'are refused again')}.")
    if told["more"]:
        click.echo(f"{told['more']:,} more were not tried yet.")
    for reason, number in told["reasons"].items():
        click.echo(f"  {number:,}: {reason}")
    click.echo(f"Do it within an hour: rapport replay commit {told['plan']}")


@replay.command()
@click.argument("token")
@tenant_slug
@as_json
def commit(token: str, tenant_slug: str | None, as_json: bool) -> None:
    """Do what was planned; more than 500 records are done by the worker."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.api.replay import represent
        from rapport.evidence.replaying import plan as planning
        from rapport.tenants.actors import COMMAND

        told = represent(planning.commit(tenant, COMMAND, token))
    _tell(told, as_json=as_json)


@replay.command()
@click.argument("id", type=click.UUID)
@tenant_slug
@as_json
def show(id: Any, tenant_slug: str | None, as_json: bool) -> None:
    """Say how far a replay is, and what it did."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.evidence.api.replay import represent
        from rapport.evidence.models import Replay
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            row = Replay.objects.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise click.ClickException("There is no such replay.")
    _tell(represent(row), as_json=as_json)


def _counts(told: dict[str, Any], *words: str) -> str:
    """How many records each verdict has."""
    names = ("apply", "unchanged", "keep", "reject")
    return ", ".join(f"{told[name]:,} records {word}" for name, word in zip(names, words, strict=True))


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(told)
        return
    done = _counts(told, "were written", "were there already", "stayed unwritten", "were refused again")
    click.echo(f"{told['id']} is {told['state']} ({told['progress']:.0%}): {done}.")
