"""The page at the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import render

from rapport.members.pages import entrance
from rapport.tenants.hosts import hosts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def landing(request: HttpRequest) -> HttpResponse:
    """What this is, and the three lines that show it; for whoever is signed in, their system."""
    context = {"hosts": hosts(request), "region": settings.RAPPORT.region}
    return entrance.start(request) or render(request, "console/landing.html", context)
