"""Tokens as programs really ask for them (`contract.md` "Tokens")."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.edge.wire import Answer
    from tests.ingest.serving import Server

FORM = "Content-Type: application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}
#: What a shell, an editor or a form leaves around a secret.
AROUND = ["\n", "\r\n", " ", "\t", "\N{NO-BREAK SPACE}"]


def post(server: Server, form: dict[str, str], *headers: str, path: str = "/oauth2/token") -> Answer:
    body = urlencode(form).encode()
    return ask(server, request(f"POST {path}", FORM, f"Content-Length: {len(body)}", *headers, body=body))


def credentials(person: Person, end: str = "") -> dict[str, str]:
    return GRANT | {"client_id": end + person.client_id + end, "client_secret": end + person.client_secret + end}


def basic(user: str, password: str) -> str:
    return "Authorization: Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("end", AROUND)
def test_ids_and_secrets_lose_white_space_around_them(service: Server, cast: Cast, end: str) -> None:
    alice = cast.alice
    assert post(service, credentials(alice, end)).status == 200
    assert post(service, {}, path=f"/oauth2/token?{urlencode(credentials(alice, end))}").status == 200
    for form in (quote, str):
        parts = (form(alice.client_id + end), form(alice.client_secret + end))
        assert post(service, GRANT, basic(*parts)).status == 200
    for endpoint in ("revoke", "introspect"):
        answer = post(service, credentials(alice, end) | {"token": "x"}, path=f"/oauth2/{endpoint}")
        assert answer.status == 200


def test_white_space_inside_is_not_lost(service: Server, cast: Cast) -> None:
    answer = post(service, credentials(cast.alice) | {"client_secret": cast.alice.client_secret.replace("_", "_ ")})
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        (
            "records:write,directory:read",
            "The scope records:write,directory:read is unknown; separate scopes with spaces.",
        ),
        ("records:write contacts:read", "The scope contacts:read is unknown; separate scopes with spaces."),
        ("Records:Write", "The scope Records:Write is unknown; separate scopes with spaces."),
        ('"records:write"', "The scope ?records:write? is unknown; separate scopes with spaces."),
        ("é\\", "The scope ?? is unknown; separate scopes with spaces."),
        ("x" * 300, f"The scope {'x' * 100} is unknown; separate scopes with spaces."),
    ],
)
def test_an_unknown_scope_is_named(service: Server, cast: Cast, scope: str, told: str) -> None:
    answer = post(service, credentials(cast.alice) | {"scope": scope})
    assert answer.status == 400
    assert answer.json == {"error": "invalid_scope", "error_description": told}


@pytest.mark.parametrize("scope", ["records:write ", " records:write", "records:write  directory:read", "a\tb"])
def test_more_white_space_than_needed_does_no_harm(service: Server, cast: Cast, scope: str) -> None:
    scope = scope.replace("a", "records:write").replace("b", "directory:read") if "\t" in scope else scope
    answer = post(service, credentials(cast.alice) | {"scope": scope})
    assert answer.status == 200
    assert answer.json["scope"] == " ".join(scope.split())


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"])
@pytest.mark.parametrize("header", ["Basic", "Basic ", "basic", "BASIC \t", "Basic !", "Basic Og=="])
def test_an_empty_basic_is_401_with_a_challenge(service: Server, path: str, header: str) -> None:
    answer = post(service, GRANT | {"token": "x"}, f"Authorization: {header}", path=path)
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="rapport"'


@pytest.mark.parametrize(
    ("line", "scheme"), [("PUT /records", "Bearer"), ("PUT /hooks/x", "Basic"), ("GET /api/contacts", "Bearer")]
)
@pytest.mark.parametrize("header", ["Basic", "Basic Og==", "Bearer", "", "Negotiate x"])
def test_so_it_is_everywhere_else(service: Server, line: str, scheme: str, header: str) -> None:
    answer = ask(service, request(line, f"Authorization: {header}", "Content-Length: 0"))
    assert (answer.status, answer.message) == (401, "Unauthenticated.")
    assert answer.headers["www-authenticate"].startswith(f'{scheme} realm="rapport"')


@pytest.mark.parametrize("where", ["body", "query", "a second header"])
def test_credentials_in_two_places_are_refused(service: Server, cast: Cast, where: str) -> None:
    alice = cast.alice
    header = basic(alice.client_id, alice.client_secret)
    if where == "body":
        answer = post(service, credentials(alice), header)
    elif where == "query":
        answer = post(service, GRANT, header, path=f"/oauth2/token?{urlencode(credentials(alice))}")
    else:
        answer = post(service, GRANT, header, basic("other", "secret"))
    assert answer.status in ((400,) if where != "a second header" else (400, 401))
    assert answer.json["error"] in ("invalid_request", "invalid_client")


def test_with_an_empty_body_the_query_is_read_and_never_logged(service: Server, cast: Cast) -> None:
    query = urlencode(credentials(cast.alice))
    assert ask(service, request(f"POST /oauth2/token?{query}", "Content-Length: 0")).status == 200
    assert ask(service, request(f"POST /oauth2/token?{query}&scope=nope", "Content-Length: 0")).status == 400
    assert cast.alice.client_secret not in service.said()
    assert cast.alice.client_id not in service.said()


@pytest.mark.parametrize(
    "line",
    [
        "PUT /records", "POST /records/batch", "PUT /activities", "GET /api/contacts", "GET /api/changes",
        "POST /api/configurations", "GET /v7/rest/sync/responses",
    ],
)  # fmt: skip
def test_a_token_in_an_address_or_a_body_opens_nothing(service: Server, cast: Cast, line: str) -> None:
    form = urlencode({"access_token": cast.alice.token}).encode()
    length = f"Content-Length: {len(form)}"
    for sent in (
        request(f"{line}?{form.decode()}", "Content-Length: 0"),
        request(line, FORM, length, body=form),
        request(f"{line}?bearer_token={cast.alice.token}&token={cast.alice.token}", "Content-Length: 0"),
        request(line, f"Cookie: access_token={cast.alice.token}", "Content-Length: 0"),
    ):
        answer = ask(service, sent)
        assert answer.status in (401, 404 if "v7" in line else 401)
        assert b"data" not in answer.body
