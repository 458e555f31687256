"""Host names of one region, each with one job (`contract.md` "Hosts")."""

from __future__ import annotations

from rapport.hosts import NOT_OURS, Hosts, Misdirected, Strange
from rapport.ingest.http import Refusal, Request
from rapport.settings import Settings


class Router:
    """Turns host-based addresses into the paths of one origin; without a domain nothing changes."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = None
        if settings.domain:
            self._hosts = Hosts(settings.domain, settings.region, settings.regions, settings.host)

    def route(self, request: Request) -> None:
        """Give the request the path that its host means. Raises `Refusal` 400, 421."""
        if self._hosts is None:
            return
        try:
            path = self._hosts.place(request.headers.get(b"host", b"").decode("latin-1"), request.path)
        except Misdirected as elsewhere:
            raise Refusal(421, str(elsewhere)) from None
        except Strange:
            raise Refusal(400, NOT_OURS) from None
        if path != request.path:
            raw: bytes = request.scope.get("raw_path") or request.path.encode()
            request.scope["raw_path"] = path.removesuffix(request.path).encode() + raw
            request.path = path
