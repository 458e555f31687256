from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from rapport.configurations.models import Configuration
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


def test_a_query_without_a_scope_finds_nothing(tenant: Tenant) -> None:
    assert not Configuration.objects.filter(tenant_id=tenant.pk).exists()
    with tenant_scope(tenant):
        assert Configuration.objects.filter(tenant_id=tenant.pk).exists()
    assert not Configuration.objects.filter(tenant_id=tenant.pk).exists()


def test_the_connection_forgets_the_tenant_with_the_transaction(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk) as tenant_id:
        assert tenant_id == tenant.pk
        assert current() == str(tenant.pk)
    assert not current()


def test_what_raises_leaves_nothing_behind(tenant: Tenant) -> None:
    def half_done() -> None:
        with tenant_scope(tenant) as tenant_id:
            assert Configuration.objects.filter(tenant_id=tenant_id, reference="contact").update(name="Half done")
            raise KeyError

    with pytest.raises(KeyError):
        half_done()
    with tenant_scope(tenant) as tenant_id:
        assert not Configuration.objects.filter(tenant_id=tenant_id, name="Half done").exists()


def test_scopes_do_not_nest(tenant: Tenant) -> None:
    with tenant_scope(tenant), pytest.raises(RuntimeError), tenant_scope(tenant):
        pass


@pytest.mark.parametrize("sly", ["1'; drop table contacts; --", "1 or true", None])
def test_only_numbers_become_sql(sly: object) -> None:
    with pytest.raises((TypeError, ValueError)), tenant_scope(sly):
        pass


def current() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('rapport.tenant_id', true)")
        return cursor.fetchone()[0]
