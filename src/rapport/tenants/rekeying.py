"""Keys of other rows than contacts and accounts by today's rules: few enough to be looked at whenever we migrate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from psycopg import errors, sql

from rapport.records.errors import Invalid

if TYPE_CHECKING:
    import psycopg


def renew(owner: psycopg.Connection, table: str, text: str, key: str, of: Callable[[str], str]) -> None:
    """Renews the column `key` of a registry from the column `text`; a key that is taken, or is none, stays."""
    rows = owner.execute(_named("select id, {text}, {key} from {table}", table, text, key)).fetchall()
    for id, said, stored in rows:
        try:
            new = of(said)
            if new != stored:
                with owner.transaction():
                    owner.execute(_named("update {table} set {key} = %s where id = %s", table, text, key), [new, id])
        except (Invalid, errors.UniqueViolation):
            continue


def renew_each(owner: psycopg.Connection, table: str, text: str, key: str, of: Callable[[str], str]) -> None:
    """The same for the rows of every tenant."""
    for (tenant_id,) in owner.execute("select id from tenants order by id").fetchall():
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant_id:d}'")
            renew(owner, table, text, key, of)


def _named(statement: str, table: str, text: str, key: str) -> sql.Composed:
    names = {"table": table, "text": text, "key": key}
    return sql.SQL(statement).format(**{name: sql.Identifier(value) for name, value in names.items()})
