"""Host names of one region, each with one job (`contract.md` "Hosts")."""

from __future__ import annotations

from rapport.ingest.http import Request
from rapport.settings import Settings


class Hosts:
    """Turns host-based addresses into the paths of one origin; without a domain nothing changes."""

    def __init__(self, settings: Settings) -> None:
        domain, region = settings.domain, settings.region
        self._prefixes: dict[bytes, str] = {}
        if domain:
            self._prefixes = {
                f"api.{region}.{domain}".lower().encode(): "/api",
                f"hooks.{region}.{domain}".lower().encode(): "/hooks",
            }

    def route(self, request: Request) -> None:
        """Give the request the path that its host means."""
        if not self._prefixes:
            return
        host = request.headers.get(b"host", b"").lower().rpartition(b":")
        name = host[0] if host[2].isdigit() else host[0] + host[1] + host[2]
        prefix = self._prefixes.get(name.rstrip(b"."))
        if prefix is not None and not request.path.startswith(prefix + "/"):
            raw: bytes = request.scope.get("raw_path") or request.path.encode()
            request.scope["raw_path"] = prefix.encode() + raw
            request.path = prefix + request.path
