"""`rapport webhook` and `rapport unmapped`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from rapport.configurations.models import Configuration
from rapport.history.models import UnmappedHeading
from rapport.tenants.scope import tenant_scope
from tests.cli.conftest import rows


def test_a_new_webhook_is_told_its_address_user_and_password(rapport, tenant):
    (made,) = rows(rapport("webhook", "create", "contact", "--tenant", tenant.slug, "--json"))

    assert list(made) == ["id", "url", "user_name", "password"]
    assert made["url"].startswith("http://127.0.0.1:8000/hooks/rh_")


def test_without_json_they_are_for_reading(rapport, tenant):
    result = rapport("webhook", "create", "contact", "--tenant", tenant.slug)

    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["URL", "User name", "Password"]


def test_webhooks_are_listed_without_their_passwords_and_deactivated(rapport, tenant):
    (made,) = rows(rapport("webhook", "create", "contact", "--tenant", tenant.slug, "--json"))

    assert rapport("webhook", "deactivate", made["id"], "--tenant", tenant.slug).exit_code == 0
    (listed,) = rows(rapport("webhook", "list", "--tenant", tenant.slug, "--json"))

    assert (listed["id"], listed["configuration"], listed["active"]) == (made["id"], "contact", False)
    assert "password" not in listed
    assert made["password"] not in str(listed)


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("create", "nobody"), 1, "There is no active API configuration with the reference nobody."),
        (("deactivate", str(uuid7())), 1, "There is no active webhook with the id"),
        (("deactivate", "x"), 2, "is not a valid UUID"),
    ],
)
def test_what_cannot_be_done_is_refused(rapport, tenant, arguments, status, told):
    result = rapport("webhook", *arguments, "--tenant", tenant.slug)

    assert (result.exit_code, result.stdout) == (status, "")
    assert told in result.stderr


def test_unmapped_headings_are_listed_with_what_they_probably_are(rapport, tenant):
    with tenant_scope(tenant) as tenant_id:
        place = {"tenant_id": tenant_id, "heading": "Frist Name"}
        place["configuration_id"] = Configuration.objects.get(tenant_id=tenant_id, reference="contact").id
        now = datetime.now(UTC)
        UnmappedHeading.objects.create(**place, count=3, first_seen=now, last_seen=now)

    (listed,) = rows(rapport("unmapped", "--configuration", "contact", "--tenant", tenant.slug, "--json"))
    table = rapport("unmapped", "--tenant", tenant.slug).stdout

    assert (listed["heading"], listed["count"], listed["suggestion"]["heading"]) == ("Frist Name", 3, "First Name")
    assert "Frist Name" in table
    assert list(rows(rapport("unmapped", "--dismissed", "--tenant", tenant.slug, "--json"))) == []
