"""Whom a page is for: a region, the hosts that belong to it, and, for whoever is signed in, their system's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Sum

from rapport.configurations import catalogue
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.defaults import NAMES
from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.history.models import HourlyCount
from rapport.members import access, sessions
from rapport.members.models import Role
from rapport.records.catalogue import PLAIN, Catalogue
from rapport.records.errors import MappingFault
from rapport.records.mapping import Mapping
from rapport.records.types import ALL
from rapport.tenants import hosts as addresses
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from rapport.tenants.models import Tenant

COOKIE = "rapport_region"
#: Stands for the domain of a region that this deployment does not know.
ELSEWHERE = "example.com"
#: Configurations of a system that its pages know, the newest, and since when their use counts.
KNOWN, LATELY = 100, timedelta(days=7)


@dataclass(frozen=True)
class Named:
    """A configuration as examples use it."""

    row: Configuration
    outline: Outline
    mapping: Mapping


@dataclass(frozen=True)
class Reader:
    """What pages are filled with."""

    region: str
    hosts: Dictionary[str, str]
    #: Whether the addresses are made up, because nobody said below which domain that region is.
    elsewhere: bool = False
    tenant: Tenant | None = None
    #: Whether they may send records in the console.
    may_try: bool = False
    #: For those who see Connected Apps anyway.
    client_ids: Sequence[str] = ()
    configurations: Sequence[Named] = ()

    @property
    def client_id(self) -> str:
        """A client id of theirs, else the variable that holds it."""
        return self.client_ids[0] if self.client_ids else "$CLIENT_ID"

    def choices(self, data_type: str) -> list[Named]:
        """Their own configurations of a data type, the most used one first."""
        return [each for each in self.configurations if each.mapping.type.name == data_type]

    def named(self, data_type: str, reference: str = "") -> Named:
        """The configuration for an example: the one asked for, else their first of the type, else the default."""
        own = self.choices(data_type)
        asked = [each for each in own if each.outline.reference == reference]
        return (asked or own or [default(data_type)])[0]


def of(request: HttpRequest) -> Reader:
    """Who reads: the region by query, cookie or setting; names where somebody is signed in."""
    rapport = settings.RAPPORT
    asked = request.GET.get("region") or request.COOKIES.get(COOKIE, "")
    region = asked if asked in rapport.regions else rapport.region
    elsewhere = rapport.domain is None and region != rapport.region
    user = sessions.current(request)
    own = access.memberships(user) if user is not None else []
    last = [found for found in own if found[0].slug == request.session.get("system")]
    given = hosts(request, region, ELSEWHERE if elsewhere else None)
    if not own:
        return Reader(region, given, elsewhere)
    tenant, role = (last or own)[0]
    admin = role.rank >= Role.ADMIN.rank
    return Reader(region, given, elsewhere, tenant, admin, client_ids(tenant) if admin else (), named(tenant))


def hosts(request: HttpRequest, region: str, domain: str | None) -> dict[str, str]:
    """Job -> base URL in a region; `domain` where it is not this deployment's own."""
    known = addresses.below(domain, region) if domain else addresses.hosts(request, region)
    below = domain or settings.RAPPORT.domain
    hooks = f"https://hooks.{region}.{below}" if below else f"{known['records']}/hooks"
    return {**known, "hooks": hooks, "home": f"https://{below}" if below else known["records"]}


@cache
def default(data_type: str) -> Named:
    """The default configuration of a data type."""
    mapping = [{"heading": field.label, "field": field.name} for field in ALL[data_type].fields]
    row = Configuration(reference=data_type, name=NAMES[data_type], data_type=data_type, mapping=mapping, options={})
    return _named(row, PLAIN)


def client_ids(tenant: Tenant) -> list[str]:
    """The client id of a system's newest Connected App, where it has one."""
    with tenant_scope(tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, active=True).order_by("-created_at")
        return list(apps.values_list("client_id", flat=True)[:1])


def named(tenant: Tenant) -> list[Named]:
    """A system's active configurations for calls: the most used one first, where none is used the defaults."""
    with tenant_scope(tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, active=True, kind=Configuration.Kind.API)
        used = _used(tenant_id)
        newest = list(rows.order_by("-is_default", "-updated_at")[:KNOWN])
        found = sorted(newest, key=lambda row: -used.get(row.id, 0))
        known = catalogue.of_tenant(tenant_id, {entry["field"] for row in found for entry in row.mapping})
        return list(_usable(found, known))


def _used(tenant_id: int) -> dict[UUID | None, int]:
    """How many records came through each configuration lately."""
    counts = HourlyCount.lately(tenant_id, LATELY).values_list("configuration_id")
    return dict(counts.annotate(Sum("records")))


def _usable(rows: Iterable[Configuration], known: Catalogue) -> Iterator[Named]:
    """Those that records can be sent to."""
    for row in rows:
        with suppress(MappingFault, KeyError):
            yield _named(row, known)


def _named(row: Configuration, known: Catalogue) -> Named:
    return Named(row, Outline.of(row, known), Mapping(row.data_type, row.mapping, known, row.options))
