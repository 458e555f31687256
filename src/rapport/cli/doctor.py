"""`rapport doctor`: looks at settings and database, and says what to do about what it finds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click
import psycopg

from rapport.cli import diagnosis, nodes
from rapport.cli.database import connected, domain, sentence
from rapport.cli.diagnosis import Finding
from rapport.cli.output import as_json, write_json
from rapport.db.embedded import Embedded, EmbeddedError
from rapport.settings import Settings


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Check settings, database, roles and upkeep; status 1 when something must be mended."""
    failed = False
    for finding in _findings(Settings.from_environment()):
        failed = failed or finding.state == "failed"
        if as_json:
            write_json(asdict(finding))
        else:
            advice = f"\n         {finding.advice}" if finding.advice else ""
            click.echo(f"{finding.state:<8} {finding.text}{advice}")
    if failed:
        raise click.exceptions.Exit(1)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield from diagnosis.of_settings(settings, os.environ)
    if not settings.database_url and not Embedded(settings.data_dir).exists():
        yield Finding("database", "failed", f"There is no database in {settings.data_dir}.", "Run `rapport serve`.")
        return
    try:
        with connected(settings) as found:
            yield from _of_database(found)
    except EmbeddedError as error:
        yield Finding("database", "failed", str(error), "See docs/operations.md on the embedded PostgreSQL.")


def _of_database(settings: Settings) -> Iterable[Finding]:
    from rapport.tenants.connection import application_conninfo, owner_conninfo

    try:
        with (
            psycopg.connect(application_conninfo(settings), autocommit=True) as connection,
            psycopg.connect(owner_conninfo(settings), autocommit=True),
            domain(settings),
        ):
            return [*diagnosis.of_database(settings, connection), *nodes.of_nodes(connection)]
    except psycopg.OperationalError as error:
        advice = "Check RAPPORT_DATABASE_URL and RAPPORT_OWNER_DATABASE_URL, and that the server runs."
        return [Finding("database", "failed", sentence(error), advice)]
