"""The configurations that a tenant starts with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rapport.records import types

from .models import Configuration

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

#: Tenants from before the end of this day have no default configurations [ref].
INTRODUCED = datetime(2021, 9, 25, tzinfo=UTC)

#: Data type, which is also the configuration's reference -> the configuration's name.
#: Headings and fields are those of the data type, in its order.
NAMES = {
    "contact": "Contacts (Default)",
    "account": "Accounts (Default)",
    "account-alias": "Account Aliases (Default)",
    "survey": "Surveys (Default)",
    "multi-object": "Multi-object (Default)",
    "external-response": "External Responses (Default)",
    "activity": "Activities (Default)",
}


def give(tenant: Tenant) -> None:
    """Stores the default configurations of a new tenant, inside its scope; none for one from before they were."""
    if tenant.created_at < INTRODUCED:
        return
    Configuration.objects.bulk_create(
        Configuration(
            tenant_id=tenant.pk,
            reference=data_type,
            name=name,
            kind=Configuration.Kind.API,
            data_type=data_type,
            mapping=[{"heading": field.label, "field": field.name} for field in types.ALL[data_type].fields],
            is_default=True,
        )
        for data_type, name in NAMES.items()
    )
