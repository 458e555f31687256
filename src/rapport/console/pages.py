"""The page at the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def landing(request: HttpRequest) -> HttpResponse:
    """What this is, and the three lines that show it."""
    return render(request, "console/landing.html", {"hosts": hosts(request), "region": settings.RAPPORT.region})


def hosts(request: HttpRequest) -> dict[str, str]:
    """Job -> base URL: a host each with a domain, else this very origin (contract, "Hosts")."""
    region, domain = settings.RAPPORT.region, settings.RAPPORT.domain
    if domain:
        return {
            "auth": f"https://auth.{region}.{domain}",
            "records": f"https://imports.api.{region}.{domain}",
            "api": f"https://api.{region}.{domain}",
        }
    origin = f"{request.scheme}://{request.get_host()}"
    return {"auth": origin, "records": origin, "api": f"{origin}/api"}
