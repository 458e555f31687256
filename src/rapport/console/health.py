"""`/healthz` and `/readyz` of a console on a port of its own; before one behind ingest, ingest answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from rapport.tenants import answers
from rapport.tenants.models import Tenant

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PATHS = ("/healthz", "/readyz")


def answer(request: HttpRequest) -> HttpResponse | None:
    """The answer to a balancer, whatever host it names; None for any other path."""
    path = request.path_info.rstrip("/")
    if path not in _PATHS:
        return None
    if request.method not in ("GET", "HEAD"):
        return answers.sentence(405, "Nothing can be sent here.", {"Allow": "GET, HEAD"})
    if path == "/healthz":
        return answers.data({"status": "alive"})
    try:
        Tenant.objects.exists()
    except DatabaseError:
        connection.close()
        return answers.sentence(503, "The database cannot be reached or is not migrated.", {"Retry-After": "1"})
    return answers.data({"status": "ready"})
