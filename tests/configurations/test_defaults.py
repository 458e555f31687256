from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rapport.configurations.models import Configuration
from rapport.records import types
from rapport.records.mapping import Mapping
from rapport.tenants import registry
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

CONTACT = {
    "Email": "email",
    "Phone": "phone",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Account Name": "account_name",
    "Job Title": "job_title",
    "Job Level": "job_level",
    "Language": "language",
    "Time Zone": "time_zone",
}
ACCOUNT = {
    "Account Name": "account_name",
    "Account Manager": "manager",
    "Account Manager Email": "manager_email",
    "Parent Account": "parent_account",
    "Industry": "industry",
    "Company Size": "company_size",
    "Region": "region",
    "Account Number": "number",
}


def configurations(tenant: Tenant) -> dict[str, Configuration]:
    with tenant_scope(tenant) as tenant_id:
        return {found.reference: found for found in Configuration.objects.filter(tenant_id=tenant_id)}


def test_a_new_tenant_has_a_default_for_each_data_type(tenant: Tenant) -> None:
    found = configurations(tenant)
    assert set(found) == set(types.ALL)
    for reference, name, headings in (
        ("contact", "Contacts (Default)", CONTACT),
        ("account", "Accounts (Default)", ACCOUNT),
    ):
        default = found[reference]
        assert (default.name, default.data_type, default.kind) == (name, reference, "api")
        assert (default.is_default, default.active, default.options) == (True, True, {})
        assert [(entry["heading"], entry["field"]) for entry in default.mapping] == list(headings.items())
        Mapping(default.data_type, default.mapping)


@pytest.mark.parametrize(
    ("created_at", "given"),
    [
        (datetime(2021, 9, 24, tzinfo=UTC), False),
        (datetime(2021, 9, 24, 23, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2021, 9, 25, tzinfo=UTC), True),
        (datetime.now(UTC) + timedelta(days=1), True),
    ],
)
def test_defaults_came_after_24_september_2021(database: Database, created_at: datetime, given: bool) -> None:
    slug = f"of-{created_at:%Y%m%d%H%M%S}"
    assert bool(configurations(registry.create(slug, created_at=created_at))) == given
