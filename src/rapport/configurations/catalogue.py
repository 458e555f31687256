"""What the configurations of one tenant can map, read from the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from rapport.records import catalogue
from rapport.records.types import ALL
from rapport.tenants.models import Tenant

from .models import CustomField, Touchpoint


def of_tenant(tenant_id: int, mapped: Collection[str] = ()) -> catalogue.Catalogue:
    """The catalogue, inside the tenant's scope; archived fields are open only where they are `mapped` already."""
    fields = (_field(row, mapped) for row in CustomField.objects.filter(tenant_id=tenant_id).order_by("id"))
    touchpoints = Touchpoint.objects.filter(tenant_id=tenant_id, active=True).order_by("name_key")
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id)
    return catalogue.Catalogue(fields, touchpoints.values_list("name", flat=True), ZoneInfo(zone))


def _field(row: CustomField, mapped: Collection[str]) -> catalogue.CustomField:
    found = catalogue.custom_field(row.object, row.name, row.label, row.type, row.choices)
    return found._replace(open=row.archived_at is None or found.path in mapped)


def standard() -> Iterator[dict[str, Any]]:
    """The standard fields of each object, as callers see them."""
    for owner, fields in catalogue.STANDARD.items():
        for field in fields:
            types = [kind.name for kind in ALL.values() if any(other.name == field.name for other in kind.fields)]
            yield {
                "field": field.name,
                "object": owner,
                "name": field.name,
                "label": field.label,
                "type": field.type.name,
                "limit": field.type.limit,
                "data_types": types,
                "custom": False,
            }


def data_types(owner: str) -> list[str]:
    """The data types whose configurations can map custom fields of the object `owner`."""
    return [kind.name for kind in ALL.values() if owner in kind.objects]
