from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from rapport.tenants import registry
from rapport.tenants.errors import TenantError
from rapport.tenants.models import Tenant, TenantHead
from rapport.tenants.scope import tenant_scope
from tests.conftest import django_on

if TYPE_CHECKING:
    from tests.conftest import Database


def test_a_tenant_starts_with_a_head_and_what_it_was_given(database: Database) -> None:
    made = registry.create("acme-west", name=" Acme West ", region="us", created_at=datetime(2021, 3, 1, tzinfo=UTC))
    stored = registry.find("acme-west")
    assert (stored.name, stored.region, stored.time_zone, stored.sent_days) == ("Acme West", "us", "UTC", 30)
    assert stored.created_at == datetime(2021, 3, 1, tzinfo=UTC)
    with tenant_scope(made) as tenant_id:
        assert TenantHead.objects.get(tenant_id=tenant_id).seq == 0


def test_name_region_and_time_can_be_left_out(database: Database) -> None:
    made = registry.create("acme-east")
    assert (made.name, made.region) == ("Acme East", "eu")
    assert made.created_at.tzinfo is not None


def test_a_slug_belongs_to_one_tenant(database: Database) -> None:
    registry.create("taken")
    with pytest.raises(TenantError, match="There is a tenant taken already"):
        registry.create("taken")
    registry.create("not-taken")


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a-", "ä", "a" * 64, "a_b", "a\n", "a\0"])
def test_a_slug_that_is_no_label_is_refused(database: Database, slug: str) -> None:
    with pytest.raises(TenantError, match="slug"):
        registry.create(slug)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0"])
def test_a_name_that_nobody_can_read_is_refused(database: Database, name: str) -> None:
    with pytest.raises(TenantError, match="name"):
        registry.create("fine", name=name)


def test_an_unknown_region_is_refused_with_those_known(database: Database) -> None:
    with pytest.raises(TenantError, match=r"no region 'mars'; known are eu, us, au\."):
        registry.create("fine", region="mars")


def test_without_a_slug_the_only_tenant_is_meant(fresh_database: Database) -> None:
    with django_on(fresh_database):
        with pytest.raises(TenantError, match="no tenant yet"):
            registry.find(None)
        only = registry.create("only")
        assert registry.find(None) == only
        registry.create("second")
        with pytest.raises(TenantError, match="more than one tenant"):
            registry.find(None)
        assert Tenant.objects.count() == 2


def test_an_unknown_slug_is_one_sentence(database: Database) -> None:
    with pytest.raises(TenantError, match="There is no tenant 'nobody'"):
        registry.find("nobody")
