"""Mail servers: a system's own, else the deployment's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings

from . import secrets
from .models import SmtpServer

#: Connections of each sender to the deployment's own server.
CONNECTIONS = 20
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class NoServerError(Exception):
    """No mail server takes its messages yet: a system administrator adds one under Settings, Sending."""

    def __str__(self) -> str:
        return str(self.__doc__)


@dataclass(frozen=True)
class Endpoint:
    """Where mails are handed over, with everything that a conversation needs."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    connections: int = CONNECTIONS

    @property
    def name(self) -> str:
        """How sentences name it."""
        return self.host if self.security == "provider" else f"{self.host}:{self.port}"


def endpoint(tenant_id: int, server_id: UUID | None) -> Endpoint:
    """The server of a campaign, inside the tenant's scope. Raises `NoServerError`, `secrets.SealedError`."""
    if server_id is None:
        return _own()
    row = SmtpServer.objects.filter(tenant_id=tenant_id, id=server_id).first()
    if row is None:
        raise NoServerError
    return of(row)


def nobody() -> str:
    """What a choice of servers says where none of the system's own is chosen."""
    return "The service's own" if settings.RAPPORT.mail_url else "None; the service has none of its own"


def of(row: SmtpServer) -> Endpoint:
    """A system's server. Raises `secrets.SealedError`."""
    password = secrets.unseal(bytes(row.password)) if row.password else ""
    return Endpoint(row.host, row.port, row.security, row.user_name, password, row.connections)


def _own() -> Endpoint:
    url = settings.RAPPORT.mail_url
    if not url:
        raise NoServerError
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    return Endpoint(
        str(parts.hostname), port, parts.scheme, unquote(parts.username or ""), unquote(parts.password or "")
    )


def represent(row: SmtpServer) -> dict[str, Any]:
    """A server as people and callers see it: never its password."""
    names = ("name", "host", "port", "security", "user_name", "rate", "connections", "fault", "version")
    return {"id": str(row.id), **{name: getattr(row, name) for name in names}, "has_password": row.password is not None}
