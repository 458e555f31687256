"""What is done to a configuration on its pages besides changing it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from uuid_utils.compat import uuid7

from rapport.configurations import edits
from rapport.configurations.models import ConfigurationEdit
from rapport.connected_apps import webhooks
from rapport.connected_apps.models import Webhook
from rapport.tenants.actors import COMMAND
from rapport.tenants.models import AuditEntry
from rapport.tenants.scope import tenant_scope
from tests.configurations.reading import address, counted, made, names, text
from tests.console.visitor import visitor

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Client:
    return visitor(cast.alice)


def test_a_copy_is_opened_to_be_changed(cast: Cast, alice: Client) -> None:
    assert "notice nothing" in text(alice.get(address(cast.alice, "/contact/copy")))
    answer = alice.post(address(cast.alice, "/contact/copy"))
    assert re.fullmatch(rf"{address(cast.alice)}/[0-9a-f-]{{36}}/edit", answer["Location"])
    assert "Contacts (Default) copy is ready to be changed." in text(alice.get(answer["Location"]))


def test_a_configuration_is_deactivated_and_activated_by_its_author(cast: Cast, alice: Client) -> None:
    row = made(cast.alice.tenant, reference="nightly")
    counted(cast.alice.tenant, row, "app", uuid7(), "created", 1234)
    question = text(alice.get(address(cast.alice, "/nightly/deactivate")))
    assert "1,234 came through it in the last 24 hours" in question
    shown = alice.post(address(cast.alice, "/nightly/deactivate"), follow=True)
    assert "Nightly is no longer active." in text(shown)
    assert "Records that name this configuration are refused." in text(shown)
    assert "Inactive" in text(alice.get(address(cast.alice)))
    assert "Nightly is active again." in text(alice.post(address(cast.alice, "/nightly/activate"), follow=True))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert edits.find(tenant_id, "nightly").active
        authors = ConfigurationEdit.objects.filter(tenant_id=tenant_id, version__gt=1).values_list(
            "actor_id", flat=True
        )
        assert set(authors) == {cast.alice.user.id}
        acts = AuditEntry.objects.filter(tenant_id=tenant_id, actor_id=cast.alice.user.id)
        found = set(acts.values_list("action", flat=True))
    assert found == {"configuration.activate", "configuration.deactivate"}


def test_a_configuration_is_removed_after_a_question(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly")
    assert "refused for good" in text(alice.get(address(cast.alice, "/nightly/remove")))
    answer = alice.post(address(cast.alice, "/nightly/remove"), follow=True)
    assert "Nightly is removed." in text(answer)
    assert "Nightly" not in names(answer)
    assert alice.get(address(cast.alice, "/nightly")).status_code == 404


def test_a_configuration_that_somebody_needs_is_not_removed(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="nightly")
    webhooks.create(cast.alice.tenant, COMMAND, "nightly", settings.RAPPORT)
    answer = alice.post(address(cast.alice, "/nightly/remove"), follow=True)
    assert "names this configuration; deactivate it instead." in text(answer)


def test_a_webhook_is_generated_and_its_password_shown_once(cast: Cast, alice: Client) -> None:
    assert "shown once" in text(alice.get(address(cast.alice, "/contact/webhook")))
    answer = alice.post(address(cast.alice, "/contact/webhook"))
    secrets = dict(re.findall(r'data-copy="([^"]+)" aria-label="Copy ([^"]+)"', answer.content.decode()))
    found = {label: value for value, label in secrets.items()}
    assert found.keys() == {"URL", "User", "Password"}
    with tenant_scope(cast.alice.tenant) as tenant_id:
        hook = Webhook.objects.get(tenant_id=tenant_id)
        row = edits.find(tenant_id, "contact")
    assert (hook.user_name, hook.configuration_id) == (found["User"], row.id)
    assert found["URL"].endswith(hook.public_id)
    assert found["Password"] not in alice.get(address(cast.alice, "/contact")).content.decode()


def test_no_webhook_is_generated_for_what_takes_no_records(cast: Cast, alice: Client) -> None:
    made(cast.alice.tenant, reference="f", kind="file")
    answer = alice.post(address(cast.alice, "/f/webhook"), follow=True)
    assert "There is no active API configuration with the reference f." in text(answer)
