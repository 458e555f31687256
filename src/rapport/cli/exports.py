"""`rapport export`: what a system holds, as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rapport.cli.database import tenant_named
from rapport.cli.output import tenant_slug

if TYPE_CHECKING:
    from rapport.tenants.exports import Export
    from rapport.tenants.models import Tenant

WHAT = ("contacts", "accounts", "activities", "survey-records", "responses", "changes")
KINDS = ("csv", "xlsx", "ndjson", "parquet")


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option("--format", "kind", type=click.Choice(KINDS), help="By default what FILE ends in, else csv.")
@click.option("--output", "file", type=click.Path(path_type=Path), metavar="FILE", help="By default standard output.")
@tenant_slug
def export(what: str, kind: str | None, file: Path | None, tenant_slug: str | None) -> None:
    """Write all contacts, accounts, activities, survey records, responses or changes as a file."""
    ending = file.suffix.removeprefix(".").lower() if file else ""
    kind = kind or (ending if ending in KINDS else "csv")
    with tenant_named(tenant_slug) as tenant:
        from rapport.tenants.exports import MissingError, write

        try:
            pieces = write(_export(tenant, what), kind)
        except MissingError as error:
            raise click.ClickException(str(error)) from None
        if file is None:
            sys.stdout.buffer.writelines(pieces)
            sys.stdout.buffer.flush()
        else:
            try:
                with file.open("wb") as target:
                    target.writelines(pieces)
            except OSError as error:
                raise click.ClickException(f"{file} cannot be written: {error.strerror or error}.") from None


def _export(tenant: Tenant, what: str) -> Export:
    from django.conf import settings

    from rapport.directory import exporting as directory
    from rapport.evidence import exporting as evidence
    from rapport.feedback import exporting as feedback
    from rapport.feedback.wanted import read
    from rapport.tenants.query import Reader

    if what in directory.ALL:
        return directory.ALL[what](tenant)
    if what == "changes":
        return evidence.changes(tenant)
    if what == "responses":
        return feedback.responses(tenant, read(Reader(""), {}))
    return feedback.survey_records(tenant, {}, settings.RAPPORT.public_url or settings.RAPPORT.origin)
