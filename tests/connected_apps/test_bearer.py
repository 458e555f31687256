from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client

from rapport import credentials
from rapport.connected_apps import issue
from rapport.connected_apps.models import AccessToken
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast

ADDRESS = "/api/contacts"


def get(authorization: str | None, address: str = ADDRESS, **headers: str) -> HttpResponse:
    given = {} if authorization is None else {"authorization": authorization}
    return Client(raise_request_exception=False).get(address, headers={**given, **headers})


def unauthenticated(answer: HttpResponse, *, invalid: bool) -> None:
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthenticated."}
    expected = 'Bearer realm="rapport"' + (', error="invalid_token"' if invalid else "")
    assert answer["WWW-Authenticate"] == expected


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_a_live_token_opens_the_door(cast: Cast, scheme: str) -> None:
    assert get(f"{scheme} {cast.alice.token}").status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Token x", "Bearer ä"])
def test_no_token_is_401(cast: Cast, header: str | None) -> None:
    unauthenticated(get(header), invalid=False)


@pytest.mark.parametrize("token", ["x", "rt_1_x", "rt_zzzzzz_" + "x" * 43, "rc_1_" + "x" * 43])
def test_a_malformed_or_unknown_token_is_401(cast: Cast, token: str) -> None:
    unauthenticated(get(f"Bearer {token}"), invalid=True)


def test_a_token_that_nobody_got_is_401(cast: Cast) -> None:
    unauthenticated(get(f"Bearer {credentials.new(credentials.TOKEN, cast.alice.tenant.pk)}"), invalid=True)


def test_a_token_works_in_its_own_tenant_only(cast: Cast) -> None:
    kind, _, random = cast.alice.token.split("_", 2)
    theirs = credentials.new(credentials.TOKEN, cast.charlie.tenant.pk).split("_", 2)[1]
    unauthenticated(get(f"Bearer {kind}_{theirs}_{random}"), invalid=True)


def test_an_expired_token_is_401(cast: Cast) -> None:
    expired = new_token(cast.alice.tenant, cast.alice.client_id, expires_in=timedelta(seconds=-1))
    unauthenticated(get(f"Bearer {expired}"), invalid=True)


def test_a_revoked_token_is_401(cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        AccessToken.objects.filter(tenant_id=tenant_id, hash=credentials.digest(cast.alice.token)).update(
            revoked_at=datetime.now(UTC)
        )
    unauthenticated(get(f"Bearer {cast.alice.token}"), invalid=True)


def test_the_token_of_a_stopped_app_is_401(cast: Cast) -> None:
    issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    unauthenticated(get(f"Bearer {cast.alice.token}"), invalid=True)
    assert get(f"Bearer {cast.bob.token}").status_code == 200


def test_a_token_without_the_scope_is_403(cast: Cast) -> None:
    token = new_token(cast.alice.tenant, cast.alice.client_id, scopes=["records:write"])
    answer = get(f"Bearer {token}")
    assert answer.status_code == 403
    assert answer.json() == {"message": "The access token lacks the scope directory:read."}
    assert 'error="insufficient_scope", scope="directory:read"' in answer["WWW-Authenticate"]


def test_tokens_in_addresses_and_cookies_count_for_nothing(cast: Cast) -> None:
    token = cast.alice.token
    unauthenticated(get(None, f"{ADDRESS}?access_token={token}"), invalid=False)
    unauthenticated(get(None, cookie=f"access_token={token}; Authorization=Bearer {token}"), invalid=False)
    answer = get(f"Bearer {token}", f"{ADDRESS}?access_token={token}")
    assert answer.status_code == 422
    assert token not in answer.content.decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_method_is_judged_before_the_token(cast: Cast, method: str) -> None:
    answer = Client().generic(method, ADDRESS)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert answer.json() == {"message": "Send GET or HEAD."}


def test_head_is_answered_like_get(cast: Cast) -> None:
    assert Client().head(ADDRESS, headers=cast.alice.bearer).status_code == 200


def test_without_a_database_nobody_is_told_to_sign_in(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    answer = get(f"Bearer {cast.alice.token}")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer.json()["message"]
