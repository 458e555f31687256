"""How Django, the jobs and the command line reach the database, from the two URLs of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rapport.db import bounds
from rapport.db.tenancy import session_role

if TYPE_CHECKING:
    from rapport.settings import Settings

#: Seconds until an unreachable server counts as away.
CONNECT_TIMEOUT = 5


def application_conninfo(settings: Settings) -> str:
    """What the application connects with: without start-up options where the role signs in itself."""
    url, role = settings.database_url or "", session_role(settings)
    return _conninfo(url, "" if role is None else f"-c role={role} {bounds.options(bounds.SESSION)}")


def owner_conninfo(settings: Settings) -> str:
    """What migrations and the upkeep of partitions connect with: the tables' owner, around any pooler."""
    return _conninfo(settings.owner_database_url or settings.database_url or "", bounds.options(bounds.OWNER))


def _conninfo(url: str, options: str) -> str:
    """With our watch over the connection, and start-up options behind those that the URL has, where there are any."""
    had = conninfo_to_dict(url)
    both = f"{had.get('options') or ''} {options}".strip()
    watched = {name: value for name, value in bounds.CLIENT.items() if name not in had}
    return make_conninfo(url, connect_timeout=CONNECT_TIMEOUT, **watched, **({"options": both} if both else {}))


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
