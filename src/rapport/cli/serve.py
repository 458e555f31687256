"""`rapport serve`: everything on one origin, or one part of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace

import click

from rapport.cli.database import connected, domain
from rapport.settings import Settings

_workers = click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Worker processes.")


@click.group(invoke_without_command=True)
@_workers
@click.pass_context
def serve(context: click.Context, workers: int | None) -> None:
    """Serve everything on one origin, or only the part that is named."""
    if context.invoked_subcommand:
        if workers:
            raise click.UsageError("Put --workers behind the part that it is for.")
        return
    from rapport.cli.supervisor import Supervisor

    asyncio.run(Supervisor(_settings(workers)).run())


@serve.command()
@_workers
def ingest(workers: int | None) -> None:
    """Serve records, batches, webhooks, health and metrics."""
    from rapport.cli.server import run_ingest

    with connected(_settings(workers)) as settings:
        run_ingest(settings)


@serve.command()
@_workers
def console(workers: int | None) -> None:
    """Serve the console, tokens and the management API."""
    from rapport.cli.server import run_console, with_secret_key

    with connected(Settings.from_environment()) as settings:
        run_console(replace(settings, secret_key=with_secret_key(settings)), workers or 1)


@serve.command(hidden=True)
def prepare() -> None:
    """Bring the database up to date and print what a first run has made, as JSON, else null."""
    settings = Settings.from_environment()
    with domain(settings):
        from rapport.tenants.bootstrap import first_run, migrate

        migrate(settings)
        made = first_run(settings)
        click.echo(json.dumps(asdict(made) if made else None))


def _settings(workers: int | None) -> Settings:
    settings = Settings.from_environment()
    return replace(settings, workers=workers) if workers else settings
