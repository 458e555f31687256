from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from uuid_utils.compat import uuid7

from rapport import credentials
from rapport.configurations.models import Configuration
from rapport.connected_apps import webhooks
from rapport.connected_apps.models import Webhook
from rapport.settings import Settings
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant


def test_the_password_is_shown_once_and_not_stored(tenant: Tenant) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings())
    with tenant_scope(tenant) as tenant_id:
        (row,) = Webhook.objects.filter(tenant_id=tenant_id).values()
    assert made.password not in str(row)
    assert made.url == f"http://127.0.0.1:8000/hooks/{row['public_id']}"
    (listed,) = webhooks.list_webhooks(tenant, Settings())
    assert listed == {
        "id": made.id,
        "configuration": "contact",
        "url": made.url,
        "user_name": made.user_name,
        "active": True,
        "created_at": row["created_at"],
        "last_used_at": None,
    }


def test_a_domain_has_a_host_for_webhooks(tenant: Tenant) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings(domain="example.com", region="us"))
    assert made.url.startswith("https://hooks.us.example.com/rh_")


@pytest.mark.parametrize("wrong", ["nobody", "inactive", "file"])
def test_only_an_active_api_configuration_can_have_one(tenant: Tenant, wrong: str) -> None:
    with tenant_scope(tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, reference="contact")
        if wrong != "nobody":
            rows.update(**({"active": False} if wrong == "inactive" else {"kind": "file"}))
    with pytest.raises(webhooks.WebhookError, match="no active API configuration"):
        webhooks.create(tenant, COMMAND, "nobody" if wrong == "nobody" else "contact", Settings())


def test_it_is_deactivated_once(tenant: Tenant) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings())
    assert webhooks.deactivate(tenant, COMMAND, made.id)
    assert not webhooks.deactivate(tenant, COMMAND, made.id)
    assert not webhooks.deactivate(tenant, COMMAND, uuid7())
    assert [row["active"] for row in webhooks.list_webhooks(tenant, Settings())] == [False]


def test_nobody_elses_is_listed_or_stopped(tenant: Tenant, cast) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings())
    assert webhooks.list_webhooks(cast.charlie.tenant, Settings()) == []
    assert not webhooks.deactivate(cast.charlie.tenant, COMMAND, made.id)


def test_it_goes_with_its_configuration(tenant: Tenant) -> None:
    webhooks.create(tenant, COMMAND, "contact", Settings())
    with tenant_scope(tenant) as tenant_id:
        Configuration.objects.filter(tenant_id=tenant_id, reference="contact").delete()
    assert webhooks.list_webhooks(tenant, Settings()) == []


def test_a_new_password_takes_the_place_of_the_old_one(tenant: Tenant) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings())
    password = webhooks.rotate(tenant, COMMAND, made.id)
    with tenant_scope(tenant) as tenant_id:
        row = Webhook.objects.get(tenant_id=tenant_id)
    assert bytes(row.hash) == credentials.digest(password) != credentials.digest(made.password)
    assert row.user_name == made.user_name


def test_only_an_active_webhook_of_ours_gets_a_new_password(tenant: Tenant, cast) -> None:
    made = webhooks.create(tenant, COMMAND, "contact", Settings())
    with pytest.raises(webhooks.WebhookError, match="no active webhook"):
        webhooks.rotate(cast.charlie.tenant, COMMAND, made.id)
    webhooks.deactivate(tenant, COMMAND, made.id)
    with pytest.raises(webhooks.WebhookError, match="no active webhook"):
        webhooks.rotate(tenant, COMMAND, made.id)
