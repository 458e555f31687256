"""How Django, the jobs and the command line reach the database, from the two URLs of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rapport.db.tenancy import session_role

if TYPE_CHECKING:
    from rapport.settings import Settings

#: Seconds until an unreachable server counts as away.
CONNECT_TIMEOUT = 5


def application_conninfo(settings: Settings) -> str:
    """What the application connects with."""
    url, role = settings.database_url or "", session_role(settings)
    if role is None:
        return make_conninfo(url, connect_timeout=CONNECT_TIMEOUT)
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={role}".strip()
    return make_conninfo(url, connect_timeout=CONNECT_TIMEOUT, options=options)


def owner_conninfo(settings: Settings) -> str:
    """What migrations and the upkeep of partitions connect with: the tables' owner."""
    return make_conninfo(settings.owner_database_url or settings.database_url or "", connect_timeout=CONNECT_TIMEOUT)


def database(conninfo: str) -> dict[str, Any]:
    """Django's `DATABASES` entry for a libpq connection string."""
    options: dict[str, Any] = dict(conninfo_to_dict(conninfo))
    user = options.pop("user", "") or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", "") or user or "rapport",
        "USER": user,
        "PASSWORD": options.pop("password", "") or "",
        "HOST": options.pop("host", "") or "",
        "PORT": options.pop("port", "") or "",
        # Each thread keeps its connection; a broken one is noticed and replaced before a request uses it.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
