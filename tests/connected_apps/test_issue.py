from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from uuid_utils.compat import uuid7

from rapport import credentials
from rapport.connected_apps import bearer, issue, oauth
from rapport.connected_apps.issue import ConnectedAppError
from rapport.connected_apps.models import AppSecret
from rapport.connected_apps.scopes import SCOPES
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.cast import Cast


def test_a_new_app_can_sign_in(tenant: Tenant) -> None:
    made = issue.create_app(tenant, COMMAND, " CRM ", rate=50)
    assert credentials.tenant_of(made.client_id, credentials.CLIENT) == tenant.pk
    assert oauth.authenticate(made.client_id, made.client_secret) is not None
    (listed,) = issue.list_apps(tenant)
    assert listed["name"] == "CRM"
    assert listed["client_id"] == made.client_id
    assert listed["scopes"] == ["records:write", "directory:read"]
    assert (listed["rate"], listed["active"], listed["last_used_at"]) == (50, True, None)


def test_only_the_digest_of_a_secret_is_stored(tenant: Tenant) -> None:
    made = issue.create_app(tenant, COMMAND, "CRM")
    with tenant_scope(tenant) as tenant_id:
        (stored,) = AppSecret.objects.filter(tenant_id=tenant_id)
    assert bytes(stored.hash) == credentials.digest(made.client_secret)
    assert made.client_secret.startswith("rs_")
    assert len(made.client_secret) == 46


def test_apps_are_listed_oldest_first(tenant: Tenant) -> None:
    for name in ("a", "b", "c"):
        issue.create_app(tenant, COMMAND, name, scopes=["history:read"])
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
        issue.create_app(tenant, COMMAND, name, scopes, rate)
    assert issue.list_apps(tenant) == []


def test_an_app_is_stopped_once(cast: Cast) -> None:
    assert issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    assert not issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    assert not issue.deactivate(cast.alice.tenant, COMMAND, "nobody")
    assert [app["active"] for app in issue.list_apps(cast.alice.tenant)] == [False, True]


def test_the_stranger_stops_rotates_and_lists_nothing_of_ours(cast: Cast) -> None:
    charlie, ours = cast.charlie.tenant, cast.alice.client_id
    assert not issue.deactivate(charlie, COMMAND, ours)
    with pytest.raises(ConnectedAppError, match="no active Connected App"):
        issue.rotate(charlie, COMMAND, ours)
    assert ours not in {app["client_id"] for app in issue.list_apps(charlie)}


def test_a_stopped_app_gets_no_new_secret(cast: Cast) -> None:
    issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    with pytest.raises(ConnectedAppError, match="no active Connected App"):
        issue.rotate(cast.alice.tenant, COMMAND, cast.alice.client_id)


def test_what_is_given_of_an_app_is_changed_and_the_rest_stays(tenant: Tenant) -> None:
    made = issue.create_app(tenant, COMMAND, "CRM", rate=50)
    changes: dict[str, Any] = {"name": " Shop ", "configurations": ["account", "contact", "account"]}
    assert issue.change_app(tenant, COMMAND, made.client_id, changes)
    assert not issue.change_app(tenant, COMMAND, made.client_id, changes)
    (listed,) = issue.list_apps(tenant)
    assert (listed["name"], listed["configurations"], listed["rate"]) == ("Shop", ["account", "contact"], 50)
    assert listed["scopes"] == ["records:write", "directory:read"]
    assert issue.change_app(tenant, COMMAND, made.client_id, {"rate": None, "configurations": None})
    (listed,) = issue.list_apps(tenant)
    assert (listed["rate"], listed["configurations"]) == (None, None)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "needs a scope"),
        ({"scopes": ["tea:make"]}, "There is no scope 'tea:make'"),
        ({"rate": 0}, "rate"),
        ({"configurations": ["nobody"]}, "There is no configuration 'nobody'"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(tenant: Tenant, given: dict[str, Any], sentence: str) -> None:
    made = issue.create_app(tenant, COMMAND, "CRM")
    before = issue.list_apps(tenant)
    with pytest.raises(ConnectedAppError, match=sentence):
        issue.change_app(tenant, COMMAND, made.client_id, {"name": "Shop", **given})
    assert issue.list_apps(tenant) == before


def test_a_scope_that_an_app_loses_ends_the_tokens_that_have_it(cast: Cast) -> None:
    alice, all_scopes = cast.alice, list(SCOPES)
    narrow = new_token(alice.tenant, alice.client_id, ["directory:read"])
    issue.change_app(alice.tenant, COMMAND, alice.client_id, {"scopes": all_scopes[:2]})
    assert bearer.find(alice.token) is None
    assert bearer.find(narrow) is not None
    assert bearer.find(cast.bob.token) is not None


def test_an_app_is_shown_with_its_secrets_but_not_their_text(cast: Cast) -> None:
    alice = cast.alice
    shown = issue.show_app(alice.tenant, alice.client_id)
    assert shown is not None
    [secret] = shown.pop("secrets")
    assert shown in issue.list_apps(alice.tenant)
    assert secret.keys() == {"id", "created_at", "expires_at"}
    assert issue.show_app(alice.tenant, "nobody") is None


def test_a_retired_secret_stops_and_the_other_goes_on(cast: Cast) -> None:
    alice = cast.alice
    second = issue.rotate(alice.tenant, COMMAND, alice.client_id)
    first, _ = issue.show_app(alice.tenant, alice.client_id)["secrets"]
    assert issue.retire(alice.tenant, COMMAND, alice.client_id, first["id"])
    assert not issue.retire(alice.tenant, COMMAND, alice.client_id, first["id"])
    assert oauth.authenticate(alice.client_id, alice.client_secret) is None
    assert oauth.authenticate(alice.client_id, second) is not None


def test_a_secret_is_retired_with_its_own_app_only(cast: Cast) -> None:
    [secret] = issue.show_app(cast.alice.tenant, cast.alice.client_id)["secrets"]
    assert not issue.retire(cast.bob.tenant, COMMAND, cast.bob.client_id, secret["id"])
    assert not issue.retire(cast.charlie.tenant, COMMAND, cast.charlie.client_id, secret["id"])
    assert oauth.authenticate(cast.alice.client_id, cast.alice.client_secret) is not None


def test_the_stranger_shows_changes_and_retires_nothing_of_ours(cast: Cast) -> None:
    charlie, ours = cast.charlie.tenant, cast.alice.client_id
    assert issue.show_app(charlie, ours) is None
    for act in (
        lambda: issue.change_app(charlie, COMMAND, ours, {"name": "Mine"}),
        lambda: issue.retire(charlie, COMMAND, ours, uuid7()),
    ):
        with pytest.raises(ConnectedAppError, match="no active Connected App"):
            act()
