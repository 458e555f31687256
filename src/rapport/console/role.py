"""The console never works as a role that row-level security does not bind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.signals import connection_created

from rapport.db.tenancy import ROLE_CHECK, UnsafeRole, judge_role

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def guard_connections() -> None:
    """From now on every new connection is judged before it is used."""
    connection_created.connect(refuse_unsafe, dispatch_uid="rapport.console.role")


def refuse_unsafe(sender: object, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Closes the connection of a superuser, of a role with BYPASSRLS or of the tables' owner. Raises `UnsafeRole`."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE_CHECK)
        found = cursor.fetchone()
    try:
        judge_role(*found)
    except UnsafeRole:
        connection.close()
        raise
