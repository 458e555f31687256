"""Settings, System, and the rules for what can be changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.members.models import Role
from rapport.tenants import audit, registry
from rapport.tenants.actors import COMMAND
from rapport.tenants.errors import TenantFaultsError
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.members.conftest import colleague

if TYPE_CHECKING:
    from tests.cast import Cast

GIVEN = {"name": "Halden Instruments", "time_zone": "Europe/Oslo", "sent_days": 7}


def system(cast: Cast) -> str:
    return f"/s/{cast.alice.tenant.slug}/settings/system"


def test_it_shows_what_is_and_takes_what_shall_be(cast: Cast) -> None:
    alice, tenant = visitor(cast.alice), cast.alice.tenant
    page = alice.get(system(cast)).content.decode()
    for told in (f'value="{tenant.name}"', 'value="UTC"', 'value="30"', "eu", '<option value="Australia/Sydney">'):
        assert told in page
    answer = alice.post(system(cast), GIVEN, follow=True)
    assert "Halden Instruments is saved." in answer.content.decode()
    tenant.refresh_from_db()
    assert {name: getattr(tenant, name) for name in GIVEN} == GIVEN


def test_a_change_is_noted_and_nothing_changed_is_not(cast: Cast) -> None:
    alice = visitor(cast.alice)
    for _ in range(2):
        alice.post(system(cast), GIVEN)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        (entry,), _ = audit.entries(tenant_id, audit.Wanted(action="system.change"))
    assert entry.actor_name == "Alice"
    assert entry.details["changed"]["sent_days"] == [30, 7]


@pytest.mark.parametrize(
    ("field", "wrong", "told"),
    [
        ("time_zone", "Mars/Olympus", "The time zone must be one such as Europe/London."),
        ("time_zone", "../etc/passwd", "The time zone must be one such as Europe/London."),
        ("sent_days", "91", "The number of days must be a whole number from 0 to 90."),
        ("sent_days", "-1", "The number of days must be a whole number from 0 to 90."),
        ("sent_days", "many", "The number of days must be a whole number."),
        ("name", "", "Enter a name."),
        ("name", "a\tb", "The name must have 1 to 128 printable characters"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_changes_nothing(
    cast: Cast, field: str, wrong: str, told: str
) -> None:
    answer = visitor(cast.alice).post(system(cast), GIVEN | {field: wrong})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert 'value="Halden Instruments"' in answer.content.decode() or field == "name"
    cast.alice.tenant.refresh_from_db()
    assert cast.alice.tenant.time_zone == "UTC"


@pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
def test_it_is_for_system_admins(cast: Cast, role: Role) -> None:
    client = visitor(colleague(cast.alice, "Dora", role))
    assert client.get(system(cast)).status_code == 403
    assert client.post(system(cast), GIVEN).status_code == 403
    cast.alice.tenant.refresh_from_db()
    assert cast.alice.tenant.time_zone == "UTC"


def test_every_fault_is_told_at_once(cast: Cast) -> None:
    with pytest.raises(TenantFaultsError) as raised:
        registry.change(cast.alice.tenant, COMMAND, {"name": " ", "time_zone": "", "sent_days": 1000})
    assert list(raised.value.errors) == ["name", "time_zone", "sent_days"]
