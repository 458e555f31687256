"""Revocation (RFC 7009) and introspection (RFC 7662): a client and its own tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rapport.connected_apps import bearer, issue
from rapport.tenants.actors import COMMAND
from tests.cast import new_token
from tests.connected_apps.conftest import basic, grant

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.connected_apps.conftest import Post


def ask(post: Post, endpoint: str, person: Person, token: str, **more: str) -> tuple[int, dict[str, object]]:
    answer = post(endpoint, {"token": token, **more}, headers=basic(person.client_id, person.client_secret))
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


def test_a_revoked_token_stops_working(cast: Cast, post: Post) -> None:
    alice = cast.alice
    assert bearer.find(alice.token) is not None
    assert ask(post, "revoke/", alice, alice.token) == (200, {})
    assert bearer.find(alice.token) is None
    assert ask(post, "introspect", alice, alice.token) == (200, {"active": False})
    assert ask(post, "revoke", alice, alice.token) == (200, {})


def test_credentials_may_come_in_the_form(cast: Cast, post: Post) -> None:
    alice = cast.alice
    answer = post("revoke", {**grant(alice), "token": alice.token})
    assert answer.status_code == 200
    assert bearer.find(alice.token) is None


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense", "\0"])
def test_a_hint_changes_nothing(cast: Cast, post: Post, hint: str) -> None:
    assert ask(post, "introspect", cast.alice, cast.alice.token, token_type_hint=hint)[1]["active"] is True
    assert ask(post, "revoke", cast.alice, cast.alice.token, token_type_hint=hint) == (200, {})
    assert bearer.find(cast.alice.token) is None


def test_introspection_describes_a_token(cast: Cast, post: Post) -> None:
    alice = cast.alice
    token = post("token", grant(alice, scope="records:write")).json()["access_token"]
    status, body = ask(post, "introspect/", alice, token)
    assert status == 200
    assert set(body) == {"active", "scope", "client_id", "token_type", "iat", "exp"}
    assert (body["active"], body["scope"], body["client_id"]) == (True, "records:write", alice.client_id)
    assert (body["token_type"], body["exp"] - body["iat"]) == ("Bearer", 3600)


def test_an_expired_token_is_inactive(cast: Cast, post: Post) -> None:
    expired = new_token(cast.alice.tenant, cast.alice.client_id, expires_in=timedelta(seconds=-1))
    assert ask(post, "introspect", cast.alice, expired) == (200, {"active": False})


@pytest.mark.parametrize("stranger", ["bob", "charlie"])
def test_other_clients_learn_and_stop_nothing(cast: Cast, post: Post, stranger: str) -> None:
    other, token = getattr(cast, stranger), cast.alice.token
    assert ask(post, "introspect", other, token) == (200, {"active": False})
    assert ask(post, "revoke", other, token) == (200, {})
    assert bearer.find(token) is not None


@pytest.mark.parametrize("token", ["nonsense", "\0", "rt_1_x", "ä", "x" * 9000])
def test_what_is_no_token_is_answered_like_one_that_is_gone(cast: Cast, post: Post, token: str) -> None:
    assert ask(post, "introspect", cast.alice, token) == (200, {"active": False})
    assert ask(post, "revoke", cast.alice, token) == (200, {})


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_the_client_must_say_who_it_is(cast: Cast, post: Post, endpoint: str) -> None:
    answer = post(endpoint, {"token": cast.alice.token})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = post(endpoint, {"token": cast.alice.token}, headers=basic(cast.alice.client_id, "wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert bearer.find(cast.alice.token) is not None


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_the_token_must_be_there(cast: Cast, post: Post, endpoint: str) -> None:
    answer = post(endpoint, grant(cast.alice))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_stopped_app_can_do_neither(cast: Cast, post: Post) -> None:
    issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    assert ask(post, "introspect", cast.alice, cast.alice.token)[0] == 401
