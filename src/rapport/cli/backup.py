"""`rapport backup FILE` and `rapport restore FILE`: everything that a service needs, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import Any, LiteralString
from zipfile import ZipFile

import click
import psycopg
from psycopg.conninfo import make_conninfo

from rapport.cli import archive
from rapport.cli.archive import KEY, Manifest
from rapport.cli.database import connected, domain, sentence
from rapport.db.embedded import DATABASE, Embedded
from rapport.settings import Settings

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_URL_FILE = click.option(
    "--url-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the address of a superuser or a role with BYPASSRLS, where the owner of the tables is neither.",
)


@click.command()
@_FILE
@_URL_FILE
def backup(file: Path, url_file: Path | None) -> None:
    """Write database, secret key and files to import into FILE, which only you may read; the service goes on."""
    settings = Settings.from_environment()
    with _readable(settings, url_file) as url, archive.written(file) as target:
        archive.put_manifest(target, Manifest.of(_migrations(url)))
        key = settings.data_dir / KEY
        with_key = not settings.secret_key and key.exists()
        if with_key:
            target.write(key, KEY)
        archive.put_spool(target, settings.spool)
        archive.dump(url, target)
        files = archive.put_spool(target, settings.spool)
    click.echo(f"{file} has the database and {files:,} files to import ({file.stat().st_size / 1e6:,.1f} MB).")
    if with_key:
        click.echo("The secret key is in it as well: keep it like a password.")
    else:
        click.echo("The secret key is not in it: keep RAPPORT_SECRET_KEY as well.")


@click.command()
@_FILE
def restore(file: Path) -> None:
    """Fill an empty database, and the data directory, from FILE, on whatever machine, path and user."""
    settings = Settings.from_environment()
    with archive.opened(file) as (source, manifest):
        _check(settings, source, manifest)
        with connected(settings) as found:
            owner = found.owner_database_url or found.database_url or ""
            _refuse_filled(owner, settings)
            # The database last: while it is empty, whatever went wrong can be tried again.
            if KEY in source.namelist() and not settings.secret_key:
                archive.take_key(source, settings.data_dir)
            files = archive.take_spool(source, settings.spool)
            archive.load(owner, source)
            with domain(found):
                from rapport.tenants.bootstrap import migrate

                migrate(found)
            systems = _count(owner)
    told = "1 system" if systems == 1 else f"{systems:,} systems"
    click.echo(f"{file}, made {manifest.made_at} by version {manifest.version}, is restored: {told}, {files:,} files.")
    click.echo(
        "Start it with `rapport serve`. What waited to be sent is sent then; stop the service that it came from."
    )


@contextmanager
def _readable(settings: Settings, url_file: Path | None) -> Iterator[str]:
    """The address of somebody whom no row-level security stops. Raises `click.ClickException`."""
    if not settings.database_url:
        embedded = Embedded(settings.data_dir)
        if not embedded.exists():
            raise click.ClickException(f"There is no database in {settings.data_dir}; set RAPPORT_DATA_DIR.")
        try:
            yield make_conninfo(embedded.start().superuser, dbname=DATABASE)
        finally:
            embedded.stop()
        return
    given = url_file.read_text(encoding="utf-8").strip() if url_file else None
    url = given or settings.owner_database_url or settings.database_url
    [(free,)] = _asked(url, "select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
    if not free:
        raise click.ClickException(
            "To this role the tables look empty: name a superuser or a role with BYPASSRLS by --url-file."
        )
    yield url


def _migrations(url: str) -> list[list[str]]:
    """The migrations of our rooms that the database has had."""
    rows = _asked(url, "select app, name from django_migrations order by id")
    return [[str(app), str(name)] for app, name in rows if util.find_spec(f"rapport.{app}")]


def _check(settings: Settings, source: ZipFile, manifest: Manifest) -> None:
    """Whether the backup can be restored with these settings, before anything is done. Raises `ClickException`."""
    if manifest.is_newer:
        raise click.ClickException(
            f"The backup is of a newer version of Rapport ({manifest.version}; this is {archive.version()}):"
            " restore it with that version or a later one."
        )
    kept = source.read(KEY).decode().strip() if KEY in source.namelist() else None
    key = settings.data_dir / KEY
    own = settings.secret_key or (key.read_text(encoding="ascii") if key.exists() else "")
    if kept is None and not settings.secret_key:
        raise click.ClickException("The backup has no secret key: set RAPPORT_SECRET_KEY to the one of its service.")
    if kept is not None and own and kept not in own.split():
        where = "RAPPORT_SECRET_KEY" if settings.secret_key else str(key)
        raise click.ClickException(f"{where} is another secret key than the backup's: take it away first.")


def _refuse_filled(owner: str, settings: Settings) -> None:
    """Raises `click.ClickException` where the database has tables: nothing is ever replaced."""
    [(tables,)] = _asked(owner, "select count(*) from pg_tables where schemaname = 'public'")
    if tables:
        where = "the database of RAPPORT_DATABASE_URL" if settings.database_url else str(settings.data_dir)
        raise click.ClickException(f"There is data in {where} already: restore into an empty one, nothing is replaced.")


def _count(owner: str) -> int:
    [(systems,)] = _asked(owner, "select count(*) from tenants")
    return int(systems)


def _asked(url: str, question: LiteralString) -> list[tuple[Any, ...]]:
    """The rows of an answer. Raises `click.ClickException`."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=30) as connection:
            return connection.execute(question).fetchall()
    except psycopg.Error as error:
        raise click.ClickException(sentence(error)) from None
