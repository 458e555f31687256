"""Where this deployment answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from rapport.hosts import addresses

if TYPE_CHECKING:
    from django.http import HttpRequest


def hosts(request: HttpRequest, region: str | None = None) -> dict[str, str]:
    """Job -> base URL: a host each with a domain, else this very origin (contract, "Hosts").

    `region` is our own, unless another is to stand in the URLs.
    """
    if settings.RAPPORT.domain:
        return below(settings.RAPPORT.domain, region or settings.RAPPORT.region)
    origin = f"{request.scheme}://{request.get_host()}"
    return {"auth": origin, "records": origin, "api": f"{origin}/api", "pages": origin}


def below(domain: str, region: str) -> dict[str, str]:
    """Job -> base URL of a region of a deployment with a domain."""
    names = addresses(domain, region)
    return {job: f"https://{names[job]}" for job in ("auth", "records", "api", "pages")}
