"""`rapport suppressions`: who gets nothing, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import as_json, tenant_slug, write_json, write_rows

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

_on = click.option("--list", "on", type=click.Choice(["unsubscribe", "bounce"]), help="The list.")


@click.group()
def suppressions() -> None:
    """Suppressions: addresses, phone numbers and domains that get nothing."""


@suppressions.command(name="list")
@_on
@tenant_slug
@as_json
def list_(on: str | None, tenant_slug: str | None, as_json: bool) -> None:
    """Print the ledger, oldest first: what was added, and what was lifted."""
    with tenant_named(tenant_slug) as tenant:
        columns = ("id", "at", "act", "list", "kind", "address", "source", "reason", "active")
        write_rows(_acts(tenant, on), columns, as_json=as_json)


def _acts(tenant: Tenant, on: str | None) -> Iterator[dict[str, Any]]:
    from rapport.feedback.api.suppressions import represent
    from rapport.surveys.models import Suppressed, Suppression
    from rapport.tenants.scope import tenant_scope

    last = UUID(int=0)
    while True:
        with tenant_scope(tenant) as tenant_id:
            rows = Suppression.objects.filter(tenant_id=tenant_id, id__gt=last).order_by("id")
            found = list((rows.filter(list=on) if on else rows)[:1000])
            held = Suppressed.objects.filter(tenant_id=tenant_id, key__in={row.key for row in found})
            active = set(held.values_list("suppression_id", flat=True))
        if not found:
            return
        yield from (represent(row, lifted=row.id not in active) for row in found)
        last = found[-1].id


@suppressions.command()
@click.argument("file", type=click.File("rb"))
@click.option("--reason", help="Kept with each of them for good.")
@_on
@tenant_slug
@as_json
def add(file: BinaryIO, reason: str | None, on: str | None, tenant_slug: str | None, as_json: bool) -> None:
    """Suppress what FILE names: an e-mail address, a phone number or a domain a line, or CSV with a column of them.

    - reads standard input. Where a line has a fault nothing is written, and all faults are named.
    """
    with tenant_named(tenant_slug) as tenant:
        from rapport.feedback import address_files, suppressing, suppressing_files
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        try:
            found, faults = suppressing_files.read(file.read())
        except address_files.UnreadableError as fault:
            raise click.ClickException(str(fault)) from None
        if faults:
            raise click.ClickException("\n".join(faults))
        with tenant_scope(tenant) as tenant_id:
            number = suppressing.add_file(tenant_id, found, COMMAND, on=on or suppressing.UNSUBSCRIBE, reason=reason)
        there = len({each.key for each in found}) - number
        told = f"{number} get nothing from now on; {there} were there already."
        write_json({"added": number, "present": there}) if as_json else click.echo(told)


@suppressions.command()
@click.argument("suppression", type=click.UUID)
@click.option("--reason", required=True, help="Kept in the ledger and the audit log.")
@tenant_slug
def lift(suppression: UUID, reason: str, tenant_slug: str | None) -> None:
    """Lift SUPPRESSION, which `list` named."""
    with tenant_named(tenant_slug) as tenant:
        from rapport.feedback import suppressing
        from rapport.tenants.actors import COMMAND
        from rapport.tenants.scope import tenant_scope

        with tenant_scope(tenant) as tenant_id:
            if not suppressing.lift(tenant_id, suppression, COMMAND, reason):
                raise click.ClickException("There is no such suppression, or it is lifted already.")
