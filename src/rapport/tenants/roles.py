"""The application role: what it may do, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.apps import apps
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from rapport.db import bounds
from rapport.db.tenancy import session_role

from .connection import CONNECT_TIMEOUT
from .errors import DatabaseUnfitError

if TYPE_CHECKING:
    from rapport.settings import Settings

#: Tables that are not ours. The queue's own functions run as their caller.
FOREIGN_GRANTS = {
    "django_migrations": ("select",),
    "procrastinate_jobs": ("select", "insert", "update", "delete"),
    "procrastinate_events": ("select", "insert", "update", "delete"),
    "procrastinate_periodic_defers": ("select", "insert", "update", "delete"),
    "procrastinate_workers": ("select", "insert", "update", "delete"),
}


def prepare_role(owner: psycopg.Connection, settings: Settings) -> str:
    """The application role's name; with one URL only the role is made if it is missing.

    Raises `DatabaseUnfitError` where the role is missing or may not be made.
    """
    role = session_role(settings)
    if role is not None:
        _create_role(owner, role)
        return role
    user = conninfo_to_dict(settings.database_url or "").get("user")
    if not user:
        raise DatabaseUnfitError("RAPPORT_DATABASE_URL must name the user that is the application role.")
    if not owner.execute("select 1 from pg_roles where rolname = %s", [user]).fetchone():
        raise DatabaseUnfitError(
            f"The application role {user} of RAPPORT_DATABASE_URL does not exist: create it with LOGIN."
        )
    return str(user)


def _create_role(owner: psycopg.Connection, role: str) -> None:
    """Makes the application role, without login, for the connecting user to step down to."""
    name = sql.Identifier(role)
    try:
        if not owner.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            owner.execute(sql.SQL("create role {} nologin").format(name))
        if owner.execute("select pg_has_role(%s, 'set')", [role]).fetchone() != (True,):
            owner.execute(sql.SQL("grant {} to current_user with inherit false, set true").format(name))
    except errors.InsufficientPrivilege:
        raise DatabaseUnfitError(
            f"The user of RAPPORT_DATABASE_URL may not create the role {role}:"
            " give it CREATEROLE, or set RAPPORT_OWNER_DATABASE_URL and make the application role yourself."
        ) from None


def grant(owner: psycopg.Connection, role: str) -> None:
    """Gives `role` exactly what the models and `FOREIGN_GRANTS` say, and takes away what else it had.

    Partitions get nothing: their rows are reached through their parent, where row-level security is.
    """
    name = sql.Identifier(role)
    with owner.transaction():
        owner.execute(sql.SQL("revoke all on all tables in schema public from {}").format(name))
        owner.execute(sql.SQL("grant usage on schema public to {}").format(name))
        owner.execute(sql.SQL("grant usage on all sequences in schema public to {}").format(name))
        for table, privileges in granted().items():
            owner.execute(
                sql.SQL("grant {} on {} to {}").format(sql.SQL(", ".join(privileges)), sql.Identifier(table), name)
            )


def bound(settings: Settings) -> None:
    """Gives the application role its bounds, as that role; no more where it is stepped down to, see `db.bounds`.

    Every role may set its own defaults. A pooler's connections have them as soon as they are made anew.
    """
    if session_role(settings) is not None:
        return
    with psycopg.connect(settings.database_url or "", connect_timeout=CONNECT_TIMEOUT, autocommit=True) as app:
        for name, value in bounds.SESSION.items():
            statement = sql.SQL("alter role current_user set {} = {}")
            app.execute(statement.format(sql.Identifier(name), sql.Literal(value)))


def granted() -> dict[str, tuple[str, ...]]:
    """Table -> privileges of the application role, for all tables that it may touch."""
    ours = {model._meta.db_table: model.grants for model in apps.get_models() if hasattr(model, "grants")}
    return {**FOREIGN_GRANTS, **ours}
