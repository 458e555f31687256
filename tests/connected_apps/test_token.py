from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport import credentials
from rapport.connected_apps import issue, oauth
from rapport.connected_apps.models import AccessToken, ConnectedApp
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.connected_apps.conftest import FORM, basic, grant

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast, Person
    from tests.connected_apps.conftest import Post

GRANT = {"grant_type": "client_credentials"}


def refused(answer: HttpResponse, status: int, error: str) -> None:
    """An error as RFC 6749 §5.2 wants it."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert body["error"] == error
    assert set(body) <= {"error", "error_description"}
    assert body.get("error_description", "").isascii()


def issued(answer: HttpResponse, person: Person) -> AccessToken:
    """The stored token of an answer that is exactly as the contract says."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/json"
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert set(body) - {"scope"} == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    with tenant_scope(person.tenant) as tenant_id:
        return AccessToken.objects.get(tenant_id=tenant_id, hash=credentials.digest(body["access_token"]))


@pytest.mark.parametrize("path", ["token", "token/"])
def test_a_form_gets_a_token(cast: Cast, post: Post, path: str) -> None:
    stored = issued(post(path, grant(cast.alice)), cast.alice)
    assert stored.expires_at - stored.issued_at == timedelta(hours=1)
    assert abs(stored.issued_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert bytes(stored.hash) != b""


def test_http_basic_gets_a_token(cast: Cast, post: Post) -> None:
    headers = basic(cast.alice.client_id, cast.alice.client_secret)
    issued(post("token", GRANT, headers=headers), cast.alice)
    issued(post("token", {**GRANT, "client_id": cast.alice.client_id}, headers=headers), cast.alice)
    issued(
        post("token", GRANT, headers={"authorization": headers["Authorization"].replace("Basic", "bAsIc ")}), cast.alice
    )


def test_both_parts_of_basic_are_form_decoded(cast: Cast, post: Post) -> None:
    escaped = "".join(f"%{ord(character):02X}" for character in cast.alice.client_secret)
    issued(post("token", GRANT, headers=basic(quote(cast.alice.client_id, safe=""), escaped)), cast.alice)


def test_with_an_empty_body_the_query_is_read(cast: Cast, post: Post) -> None:
    issued(post(f"token?{urlencode(grant(cast.alice))}", content_type="application/octet-stream"), cast.alice)


def test_the_token_names_its_tenant_and_only_its_digest_is_stored(cast: Cast, post: Post) -> None:
    token = post("token", grant(cast.alice)).json()["access_token"]
    assert credentials.tenant_of(token, credentials.TOKEN) == cast.alice.tenant.pk
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not AccessToken.objects.filter(tenant_id=tenant_id, hash=token.encode()).exists()


def test_the_app_is_marked_as_used(cast: Cast, post: Post) -> None:
    post("token", grant(cast.alice))
    with tenant_scope(cast.alice.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=cast.alice.client_id)
    assert app.last_used_at is not None


@pytest.mark.parametrize(
    ("asked", "answered", "granted"),
    [
        (None, None, ["records:write", "directory:read"]),
        ("", None, ["records:write", "directory:read"]),
        ("records:write", None, ["records:write"]),
        ("directory:read records:write", None, ["directory:read", "records:write"]),
        ("records:write records:write", "records:write", ["records:write"]),
        (" records:write \t", "records:write", ["records:write"]),
        (" ", "records:write directory:read", ["records:write", "directory:read"]),
    ],
)
def test_a_token_has_the_scopes_asked_for_or_else_all(
    cast: Cast, post: Post, asked: str | None, answered: str | None, granted: list[str]
) -> None:
    made = issue.create_app(cast.alice.tenant, COMMAND, "Two scopes")
    body = {**GRANT, "client_id": made.client_id, "client_secret": made.client_secret}
    answer = post("token", body if asked is None else {**body, "scope": asked})
    assert issued(answer, cast.alice).scopes == granted
    assert answer.json().get("scope") == answered


@pytest.mark.parametrize("scope", ["history:read", "records:write history:read", "nonsense", "\0", "ä" * 9999])
def test_a_scope_that_the_app_has_not_is_refused(cast: Cast, post: Post, scope: str) -> None:
    made = issue.create_app(cast.alice.tenant, COMMAND, "Two scopes")
    body = {**GRANT, "client_id": made.client_id, "client_secret": made.client_secret, "scope": scope}
    refused(post("token", body), 400, "invalid_scope")


@pytest.mark.parametrize("secret", ["", "wrong", "rs_" + "x" * 43, "\0", "ä", "x" * 60_000])
@pytest.mark.parametrize("by_basic", [True, False])
def test_unknown_clients_and_wrong_secrets_are_told_the_same(
    cast: Cast, post: Post, secret: str, by_basic: bool
) -> None:
    alice, tenant_id = cast.alice, cast.alice.tenant.pk
    ids = [
        alice.client_id,
        alice.client_id[:-1] + ("A" if alice.client_id[-1] != "A" else "B"),
        credentials.new(credentials.CLIENT, tenant_id),
        credentials.new(credentials.CLIENT, 2**31 - 1),
        "rc_zzzzzz_" + "x" * 43,
        "rc_" + "x" * 43,
        "nobody",
        "\0",
        "rc_1_" + "\0" * 43,
        "ä",
    ]
    answers = []
    for client_id in ids:
        if by_basic:
            headers = basic(quote(client_id, safe=""), quote(secret, safe=""))
            answer = post("token", GRANT, headers=headers)
            assert answer["WWW-Authenticate"] == 'Basic realm="rapport"'
        else:
            answer = post("token", {**GRANT, "client_id": client_id, "client_secret": secret})
            assert "WWW-Authenticate" not in answer
        refused(answer, 401, "invalid_client")
        answers.append(answer.content)
    assert len(set(answers)) == 1


def test_unknown_clients_and_wrong_secrets_cost_the_same_statements(cast: Cast) -> None:
    def statements(client_id: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert oauth.authenticate(client_id, "rs_wrong") is None
        return len(captured)

    known, unknown, alien = cast.alice.client_id, credentials.new(credentials.CLIENT, cast.alice.tenant.pk), "nobody"
    assert statements(known) == statements(unknown) == statements(alien) > 2


def test_unknown_clients_and_wrong_secrets_cost_the_same_comparison(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []
    monkeypatch.setattr(oauth.hmac, "compare_digest", lambda *pair: lengths.append(tuple(map(len, pair))))
    for client_id in (cast.alice.client_id, credentials.new(credentials.CLIENT, cast.alice.tenant.pk), "nobody"):
        assert oauth.authenticate(client_id, "rs_wrong") is None
    assert lengths == [(32, 32)] * 3


def test_a_stopped_app_is_told_the_same(cast: Cast, post: Post) -> None:
    assert issue.deactivate(cast.alice.tenant, COMMAND, cast.alice.client_id)
    refused(post("token", grant(cast.alice)), 401, "invalid_client")


def test_an_app_stopped_meanwhile_gets_no_token(cast: Cast, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    authenticate = oauth.authenticate

    def and_then_stop(client_id: str, secret: str) -> oauth.Client | None:
        client = authenticate(client_id, secret)
        issue.deactivate(cast.alice.tenant, COMMAND, client_id)
        return client

    monkeypatch.setattr(oauth, "authenticate", and_then_stop)
    refused(post("token", grant(cast.alice)), 401, "invalid_client")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "invalid_request"),
        (b"client_id=a&client_secret=b", "invalid_request"),
        (b"grant_type=&client_id=a&client_secret=b", "invalid_request"),
        (b"grant_type=password&client_id=a&client_secret=b", "unsupported_grant_type"),
        (b"grant_type=%00&client_id=a&client_secret=b", "unsupported_grant_type"),
        (b'grant_type="\\&client_id=a', "unsupported_grant_type"),
        (b"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        (b"grant_type=client_credentials&client_id=a&client_id=a", "invalid_request"),
        (b"grant_type=client_credentials&client_id=a&client_id=", "invalid_request"),
        (b"grant_type=client_credentials&client_id=%ff", "invalid_request"),
        (b"grant_type=client_credentials&client_id=\xff", "invalid_request"),
        (b"grant_type=client_credentials&%ff=a", "invalid_request"),
        (b"&".join(b"p%d=1" % number for number in range(51)), "invalid_request"),
        (b"grant_type=client_credentials&client_id=" + b"a" * 65_536, "invalid_request"),
    ],
)
def test_what_cannot_be_read_or_served_is_400(post: Post, body: bytes, error: str) -> None:
    refused(post("token", body), 400, error)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !",
        "Basic YQ",
        "Basic /w==",
        "Basic OjpiJWZm",
        "Basic " + "A" * 8000,
        "Bearer x",
        "x",
        "",
    ],
)
def test_a_broken_authorization_header_is_401(post: Post, header: str) -> None:
    answer = post("token", GRANT, headers={"Authorization": header})
    refused(answer, 401, "invalid_client")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_body_must_be_a_form(cast: Cast, post: Post, content_type: str) -> None:
    refused(post("token", grant(cast.alice), content_type=content_type), 400, "invalid_request")


def test_parameters_of_the_media_type_do_no_harm(cast: Cast, post: Post) -> None:
    issued(post("token", grant(cast.alice), content_type=f"{FORM}; charset=UTF-8"), cast.alice)


def test_credentials_in_two_places_are_refused(cast: Cast, post: Post) -> None:
    alice = cast.alice
    headers = basic(alice.client_id, alice.client_secret)
    both = {"client_id": alice.client_id, "client_secret": alice.client_secret}
    refused(post("token", grant(alice), headers=headers), 400, "invalid_request")
    refused(post("token", {**GRANT, "client_id": cast.bob.client_id}, headers=headers), 400, "invalid_request")
    refused(post(f"token?{urlencode(grant(alice))}", headers=headers), 400, "invalid_request")
    refused(post(f"token?{urlencode(both)}", grant(alice)), 400, "invalid_request")
    refused(post(f"token?{urlencode(both)}", GRANT), 400, "invalid_request")


def test_a_query_beside_a_body_is_not_read(cast: Cast, post: Post) -> None:
    refused(post("token?grant_type=client_credentials", {"scope": "records:write"}), 400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
def test_only_post_is_served(database: object, endpoint: str, method: str) -> None:
    answer = Client().generic(method, f"/oauth2/{endpoint}")
    refused(answer, 405, "invalid_request")
    assert answer["Allow"] == "POST"


def test_cookies_open_nothing(cast: Cast, post: Post) -> None:
    answer = post("token", GRANT, headers={"Cookie": urlencode(grant(cast.alice)).replace("&", "; ")})
    refused(answer, 401, "invalid_client")


def test_two_secrets_live_and_the_third_ends_the_first(cast: Cast, post: Post) -> None:
    alice = cast.alice
    second = issue.rotate(alice.tenant, COMMAND, alice.client_id)
    for secret in (alice.client_secret, second):
        issued(post("token", {**grant(alice), "client_secret": secret}), alice)
    third = issue.rotate(alice.tenant, COMMAND, alice.client_id)
    for secret in (second, third):
        issued(post("token", {**grant(alice), "client_secret": secret}), alice)
    refused(post("token", grant(alice)), 401, "invalid_client")


@pytest.mark.usefixtures("database_away")
@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
def test_without_a_database_callers_are_asked_to_come_again(post: Post, endpoint: str) -> None:
    answer = post(endpoint, {**GRANT, "client_id": "a", "client_secret": "b", "token": "c"})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert set(answer.json()) == {"message"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), header=st.none() | st.binary(max_size=60), query=st.binary(max_size=60))
def test_no_bytes_make_it_fail(post: Post, body: bytes, header: bytes | None, query: bytes) -> None:
    options = {} if header is None else {"HTTP_AUTHORIZATION": "Basic " + header.decode("latin-1")}
    for endpoint in ("token", "introspect"):
        answer = post(endpoint, body, QUERY_STRING=query.decode("latin-1"), **options)
        assert answer.status_code in (400, 401), answer.content
        assert answer.json()["error"]
