"""Gives a command the database: the user's own, or the embedded one, started for as long as the command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click
import psycopg

from rapport.db.embedded import Embedded
from rapport.settings import Settings

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


@contextmanager
def connected(settings: Settings) -> Iterator[Settings]:
    """Yield settings whose database URLs are there; starts or adopts the embedded server where none is set.

    Whoever uses the embedded server last stops it. Raises `EmbeddedError`.
    """
    if settings.database_url:
        yield settings
        return
    if settings.owner_database_url:
        raise click.ClickException(
            "RAPPORT_OWNER_DATABASE_URL is set without RAPPORT_DATABASE_URL; set both or neither."
        )
    embedded = Embedded(settings.data_dir)
    urls = embedded.start()
    try:
        yield replace(settings, database_url=urls.app, owner_database_url=urls.owner)
    finally:
        embedded.stop()


@contextmanager
def existing(settings: Settings) -> Iterator[Settings]:
    """`connected` for commands that make no sense without data: a mistyped directory is not filled with a database."""
    if not settings.database_url and not Embedded(settings.data_dir).exists():
        raise click.ClickException(
            f"There is no database in {settings.data_dir} yet: run `rapport serve` first, or set RAPPORT_DATA_DIR."
        )
    with connected(settings) as found:
        yield found


@contextmanager
def tenant_named(slug: str | None) -> Iterator[Tenant]:
    """Yield the tenant that a command is about; for None the only one there is."""
    with existing(Settings.from_environment()) as settings, domain(settings):
        from rapport.tenants.registry import find

        yield find(slug)


@contextmanager
def domain(settings: Settings) -> Iterator[None]:
    """Make the Django apps usable with `settings`; turn their refusals and the database's into one sentence."""
    from django.db import Error, connections

    from rapport import console

    console.setup(settings)
    from rapport.campaigns.errors import CampaignError
    from rapport.configurations.errors import ConfigurationError
    from rapport.connected_apps.issue import ConnectedAppError
    from rapport.directory.errors import HandError
    from rapport.evidence.replaying.cases import MovedError as ReplayMovedError
    from rapport.evidence.undoing.plan import MovedError
    from rapport.members.accounts import MembersError
    from rapport.tenants.errors import BusyError, DatabaseUnfitError, TenantError
    from rapport.tenants.query import ParametersError

    try:
        yield
    except ParametersError as error:
        told = " ".join(text for texts in error.errors.values() for text in texts)
        raise click.ClickException(told) from error
    except (
        BusyError,
        CampaignError,
        ConfigurationError,
        ConnectedAppError,
        DatabaseUnfitError,
        HandError,
        MembersError,
        MovedError,
        ReplayMovedError,
        TenantError,
    ) as error:
        raise click.ClickException(str(error)) from error
    except (Error, psycopg.Error) as error:
        raise click.ClickException(sentence(error)) from error
    finally:
        connections.close_all()


def sentence(error: Exception) -> str:
    """Say in one sentence what the database, or Django about it, refused."""
    cause = error.__cause__ or error
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return "The database has not been migrated: run `rapport migrate`."
    reason = next((line.strip() for line in str(cause).splitlines() if line.strip()), type(cause).__name__)
    if isinstance(cause, psycopg.OperationalError):
        return f"The database cannot be reached: {reason.rstrip('.')}."
    return f"The database refused: {reason.rstrip('.')}."
