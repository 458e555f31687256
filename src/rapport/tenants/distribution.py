"""On Citus: tables and functions of tenants go by tenant to the nodes, and everything else stays on the coordinator.

Statements are made of what the catalogue says, so whoever migrates again executes only what is missing.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from django.apps import apps
from psycopg import errors, sql

from rapport.db import citus
from rapport.db.tenancy import session_role

from .errors import DatabaseUnfitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

    from rapport.settings import Settings

#: The table beside which everything of a tenant is kept; it refers to no other.
FIRST = "accounts"
_PAGE = 'see docs/operations.md, "More than one database node"'
_FUNCTION = re.compile(r"^create function (\w+)\(", re.MULTILINE)

_DISTRIBUTED = "select logicalrelid::regclass::text from pg_dist_partition where partmethod = 'h'"
_REFERENCES = (
    "select distinct conrelid::regclass::text, confrelid::regclass::text from pg_constraint"
    " where contype = 'f' and conrelid <> confrelid"
)
_FUNCTIONS = """
select p.oid::regprocedure::text, coalesce('tenant' = any(p.proargnames), false), o.objid is not null,
       coalesce(o.force_delegation, false)
from pg_proc p
left join pg_dist_object o on o.classid = 'pg_proc'::regclass and o.objid = p.oid
where p.pronamespace = 'public'::regnamespace and p.proname = any(%s)
order by p.proname
"""
#: Whoever distributes the first function in PL/pgSQL makes its extension known to the nodes, which takes its owner.
_MAY_BEGIN = """
select r.rolsuper or pg_has_role(r.oid, e.extowner, 'usage')
       or exists (select from pg_dist_object o where o.classid = 'pg_extension'::regclass and o.objid = e.oid)
from pg_roles r, pg_extension e where r.rolname = current_user and e.extname = 'plpgsql'
"""


class Function(NamedTuple):
    """One of our functions and what Citus knows of it."""

    signature: str
    by_tenant: bool
    known: bool
    delegated: bool


class Catalogue(NamedTuple):
    """What there is: tables that are distributed already, tables and what they refer to, functions."""

    distributed: frozenset[str]
    references: frozenset[tuple[str, str]]
    functions: tuple[Function, ...]


def tables() -> frozenset[str]:
    """The tables that belong on the nodes, by what their models say."""
    return frozenset(model._meta.db_table for model in apps.get_models() if getattr(model, "distributed", False))


def functions() -> list[str]:
    """The names of our functions, those of versions before as well."""
    files = resources.files("rapport.db").joinpath("functions").iterdir()
    return sorted(name for file in files for name in _FUNCTION.findall(file.read_text(encoding="utf-8")))


def present(connection: psycopg.Connection) -> bool:
    """Whether the database has the extension; any role may ask."""
    return connection.execute(citus.PRESENT).fetchone() == (True,)


def prepare(owner: psycopg.Connection, settings: Settings) -> bool:
    """Whether the database has the extension; if so, the session is made ready to migrate.

    Raises `DatabaseUnfitError` where migrating could only fail half-way.
    """
    if not present(owner):
        return False
    if session_role(settings) is not None:
        raise DatabaseUnfitError(
            "On Citus, nodes let each other in as the role that works: set RAPPORT_OWNER_DATABASE_URL as well,"
            f" and let the application role sign in; {_PAGE}."
        )
    if owner.execute(_MAY_BEGIN).fetchone() != (True,):
        raise DatabaseUnfitError(
            "To migrate on Citus for the first time, the owner must be a superuser or own the extension plpgsql;"
            f" {_PAGE}."
        )
    owner.execute("set citus.multi_shard_modify_mode = 'sequential'")
    return True


def distribute(owner: psycopg.Connection) -> None:
    """Distributes what is not distributed yet, and lets transactions take their tenant to the nodes.

    `owner` must autocommit. Raises `DatabaseUnfitError` and `psycopg.Error`, on which what was done stays done.
    """
    _propagate(owner)
    for statement in statements(catalogue(owner)):
        owner.execute(statement)


def catalogue(connection: psycopg.Connection) -> Catalogue:
    """What the catalogue says; any role may ask."""
    return Catalogue(
        distributed=distributed(connection),
        references=frozenset(connection.execute(_REFERENCES).fetchall()),
        functions=tuple(Function(*row) for row in connection.execute(_FUNCTIONS, [functions()])),
    )


def distributed(connection: psycopg.Connection) -> frozenset[str]:
    """All tables that Citus has distributed; any role may ask where the extension is."""
    return frozenset(name for (name,) in connection.execute(_DISTRIBUTED))


def statements(found: Catalogue) -> Iterator[str]:
    """What is left to execute, in an order that foreign keys allow."""
    for table in _ordered(tables(), found.references):
        if table not in found.distributed:
            beside = "none" if table == FIRST else FIRST
            yield f"select create_distributed_table('{table}', 'tenant_id', colocate_with := '{beside}')"
    for function in found.functions:
        if function.by_tenant and not function.delegated:
            yield (
                f"select create_distributed_function('{function.signature}', 'tenant',"
                f" colocate_with := '{FIRST}', force_delegation := true)"
            )
        elif not function.known:
            yield f"select create_distributed_function('{function.signature}')"


def _ordered(names: Iterable[str], references: Iterable[tuple[str, str]]) -> list[str]:
    """What is referred to before what refers to it, the first one first."""
    before = {name: [FIRST] if name != FIRST else [] for name in sorted(names)}
    for name, to in sorted(references):
        if name in before and to in before:
            before[name].append(to)
    return list(TopologicalSorter(before).static_order())


def _propagate(owner: psycopg.Connection) -> None:
    """Makes `SET LOCAL` reach the nodes in every session to come. Here only: all sessions begin at the coordinator."""
    name = "citus.propagate_set_commands"
    value = citus.SETTINGS[name].value
    if owner.execute("select current_setting(%s, true)", [name]).fetchone() == (value,):
        return
    command = sql.SQL("alter database {} set {} = {}").format(
        sql.Identifier(owner.info.dbname), sql.SQL(name), sql.Literal(value)
    )
    try:
        with owner.transaction():
            owner.execute("set local citus.enable_ddl_propagation = off")
            owner.execute(command)
    except errors.InsufficientPrivilege:
        told = command.as_string(owner)
        raise DatabaseUnfitError(f"The owner does not own the database: let a superuser run {told}.") from None
