"""Which role the service works as, and how a transaction is bound to one tenant."""

from __future__ import annotations

from rapport.settings import Settings

#: The role that `migrate` creates where only one database address is given.
APPLICATION_ROLE = "rapport_app"
#: First key of the advisory lock that writers of one tenant share (the second is the tenant); also in
#: functions/writers_1.sql and records_3.sql.
WRITERS_LOCK = 1_918_988_400


class UnsafeRole(Exception):
    """The database role may bypass row-level security; `str(error)` says why and what to do."""


#: Who we are, and whether row-level security could be bypassed: superuser, BYPASSRLS, or owner.
ROLE_CHECK = """
select r.rolname, r.rolsuper or r.rolbypassrls,
       exists (select from pg_class c where c.relname = 'contacts' and c.relowner = r.oid),
       current_setting('server_version_num')::integer
from pg_roles r where r.rolname = current_user
"""


def judge_role(name: str, unbound: bool, owner: bool, version: int) -> None:
    """Refuse to serve with the answer of `ROLE_CHECK`. Raises `UnsafeRole`."""
    advice = "serve with the application role that `rapport migrate` creates"
    if version < 180000:
        raise UnsafeRole(f"PostgreSQL 18 or newer is needed; this server is version {version // 10000}.")
    if unbound:
        raise UnsafeRole(f"The database role {name} bypasses row-level security; {advice}.")
    if owner:
        raise UnsafeRole(f"The database role {name} owns the tables; {advice}.")


def session_role(settings: Settings) -> str | None:
    """The role to switch to at connection; None where `RAPPORT_DATABASE_URL` is that role already."""
    return None if settings.owner_database_url else APPLICATION_ROLE


def alone(tenant_id: int) -> tuple[str, ...]:
    """Open a transaction of one tenant that keeps all its writers out until its end, and waits for those at work."""
    return (*scope(tenant_id), lock(tenant_id, alone=True))


def lock(tenant_id: int, *, alone: bool) -> str:
    """Take the tenant's writers lock to the end of the open transaction, with the other writers or alone."""
    return f"select lock_writers_1({tenant_id:d}, {str(alone).lower()})"


def scope(tenant_id: int) -> tuple[str, str]:
    """Open a transaction of one tenant.

    `SET LOCAL` with a literal, since Citus passes only that on to its nodes; by itself, since it passes on the whole
    query that it stands in.
    """
    return "begin", f"set local rapport.tenant_id = '{tenant_id:d}'"
