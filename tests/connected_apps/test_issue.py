from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rapport.connected_apps import credentials, issue, oauth
from rapport.connected_apps.issue import ConnectedAppError
from rapport.connected_apps.models import AppSecret
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast


def test_a_new_app_can_sign_in(tenant: Tenant) -> None:
    made = issue.create_app(tenant, " CRM ", rate=50)
    assert credentials.tenant_of_client(made.client_id) == tenant.pk
    assert oauth.authenticate(made.client_id, made.client_secret) is not None
    (listed,) = issue.list_apps(tenant)
    assert listed["name"] == "CRM"
    assert listed["client_id"] == made.client_id
    assert listed["scopes"] == ["records:write", "directory:read"]
    assert (listed["rate"], listed["active"], listed["last_used_at"]) == (50, True, None)


def test_only_the_digest_of_a_secret_is_stored(tenant: Tenant) -> None:
    made = issue.create_app(tenant, "CRM")
    with tenant_scope(tenant) as tenant_id:
        (stored,) = AppSecret.objects.filter(tenant_id=tenant_id)
    assert bytes(stored.hash) == credentials.digest(made.client_secret)
    assert made.client_secret.startswith("rs_")
    assert len(made.client_secret) == 46


def test_apps_are_listed_oldest_first(tenant: Tenant) -> None:
    for name in ("a", "b", "c"):
        issue.create_app(tenant, name, scopes=["history:read"])
    assert [app["name"] for app in issue.list_apps(tenant)] == ["a", "b", "c"]
    assert {tuple(app["scopes"]) for app in issue.list_apps(tenant)} == {("history:read",)}


@pytest.mark.parametrize(
    ("name", "scopes", "rate", "sentence"),
    [
        ("", None, None, "name"),
        ("  ", None, None, "name"),
        ("a\0", None, None, "name"),
        ("x" * 129, None, None, "name"),
        ("a", ["records:read"], None, "There is no scope 'records:read'; known are records:write, "),
        ("a", [], None, "needs a scope"),
        ("a", None, 0, "rate"),
        ("a", None, 1_000_001, "rate"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    tenant: Tenant, name: str, scopes: list[str] | None, rate: int | None, sentence: str
) -> None:
    with pytest.raises(ConnectedAppError, match=sentence):
        issue.create_app(tenant, name, scopes, rate)
    assert issue.list_apps(tenant) == []


def test_an_app_is_stopped_once(cast: Cast) -> None:
    assert issue.deactivate(cast.alice.tenant, cast.alice.client_id)
    assert not issue.deactivate(cast.alice.tenant, cast.alice.client_id)
    assert not issue.deactivate(cast.alice.tenant, "nobody")
    assert [app["active"] for app in issue.list_apps(cast.alice.tenant)] == [False, True]


def test_the_stranger_stops_rotates_and_lists_nothing_of_ours(cast: Cast) -> None:
    charlie, ours = cast.charlie.tenant, cast.alice.client_id
    assert not issue.deactivate(charlie, ours)
    with pytest.raises(ConnectedAppError, match="no active Connected App"):
        issue.rotate(charlie, ours)
    assert ours not in {app["client_id"] for app in issue.list_apps(charlie)}


def test_a_stopped_app_gets_no_new_secret(cast: Cast) -> None:
    issue.deactivate(cast.alice.tenant, cast.alice.client_id)
    with pytest.raises(ConnectedAppError, match="no active Connected App"):
        issue.rotate(cast.alice.tenant, cast.alice.client_id)
