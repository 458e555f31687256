"""What every answer of the console has in common."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from pythonjsonlogger.json import JsonFormatter

from rapport.campaigns.secrets import SealedError
from rapport.console.logs import RequestFilter
from rapport.console.pages import landing
from rapport.directory.api import lists
from rapport.feedback.links import NoKeyError
from rapport.process import logging_configuration
from rapport.tenants.actors import current_request

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.cast import Cast

PROGRAMS = ["/api/nothing", "/oauth2/nothing", "/.well-known/nothing", "/api", "/openapi.json/nothing"]


@pytest.fixture
def client(database: object) -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_are_told_in_json_that_there_is_nothing(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json() == {"message": "There is nothing at this address."}


def test_people_are_told_on_a_page_that_there_is_nothing(client: Client) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert "There is nothing at this address." in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/contacts", "/oauth2/token", "/openapi.json", "/static/x"])
def test_every_answer_is_guarded(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert not answer.cookies


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_3", True), ("a" * 128, True), ("a" * 129, False), ("a b", False)]
)
def test_a_sane_request_id_comes_back(client: Client, given: str, kept: bool) -> None:
    answer = client.get("/api/contacts", headers={"X-Request-Id": given})
    assert (answer["X-Request-Id"] == given) == kept
    assert answer["X-Request-Id"]


@pytest.mark.parametrize(("path", "media_type"), [("/", "text/html"), ("/api/contacts", "application/json")])
def test_a_mistake_of_ours_names_the_request_and_nothing_else(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, path: str, media_type: str
) -> None:
    fail(monkeypatch, KeyError("ada@example.com"))
    answer = client.get(path, headers={**cast.alice.bearer, "X-Request-Id": "find-me"})
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(media_type)
    assert "find-me" in answer.content.decode()
    assert "ada@example.com" not in answer.content.decode()


@pytest.mark.parametrize(("path", "media_type"), [("/", "text/html"), ("/api/contacts", "application/json")])
def test_a_database_that_is_away_is_503(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, path: str, media_type: str
) -> None:
    fail(monkeypatch, OperationalError("no route to ada@example.com"))
    answer = client.get(path, headers=cast.alice.bearer)
    assert answer.status_code == 503
    assert answer["Content-Type"].startswith(media_type)
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("fault", [NoKeyError(), SealedError()])
def test_what_cannot_be_opened_any_more_is_said_in_words(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    fail(monkeypatch, fault)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "the service&#x27;s own secret has changed" in answer.content.decode()
    assert "RAPPORT_" not in answer.content.decode()
    assert "RAPPORT_SECRET_KEY" in caplog.text


def test_a_connection_that_broke_is_replaced(client: Client, cast: Cast) -> None:
    assert client.get("/api/contacts", headers=cast.alice.bearer).status_code == 200
    connection.connection.close()
    connection.close_if_unusable_or_obsolete()
    assert client.get("/api/contacts", headers=cast.alice.bearer).status_code == 200


def test_an_unknown_host_is_refused_where_a_domain_is_set(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="example.com"))
    client = Client(headers=cast.alice.bearer)
    assert client.get("/contacts", headers={"host": "api.eu.EXAMPLE.com"}).status_code == 200
    answer = client.get("/api/contacts", headers={"host": "evil.test"})
    assert (answer.status_code, answer.json()["message"]) == (400, "The service does not answer to this name.")


@pytest.mark.parametrize("host", ["api.eu.example.com", "API.EU.Example.com", "api.eu.example.com:8443"])
@pytest.mark.parametrize("path", ["/contacts", "/contacts/", "/api/contacts"])
def test_the_apis_own_host_leaves_the_prefix_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, host: str, path: str
) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="example.com"))
    client = Client(headers={**cast.alice.bearer, "host": host})
    assert client.get(path).status_code == 200
    assert client.get(path, headers={"host": "api.us.example.com"}).status_code == 421
    assert client.get(path, headers={"host": "auth.eu.example.com"}).status_code == (421 if "api" in path else 404)


@pytest.mark.parametrize("path", ["/api//contacts", "/api/contacts//", "/api///contacts/"])
def test_repeated_slashes_count_as_one(cast: Cast, path: str) -> None:
    assert Client(headers=cast.alice.bearer).get(path).status_code == 200


def test_without_ingest_in_front_a_packed_body_is_refused(cast: Cast) -> None:
    client = Client(headers={**cast.alice.bearer, "content-encoding": "gzip"})
    answer = client.post("/api/touchpoints", b"x", content_type="application/json")
    told = "The Content-Encoding gzip is unknown; send the body as it is."
    assert (answer.status_code, answer.json()) == (415, {"message": told})


def test_log_lines_have_the_requests_id_and_nothing_that_was_sent() -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error: %s", ("/api",), None)
    record.request = RequestFactory().get("/api/contacts?email=ada@example.com")
    token = current_request.set("find-me")
    assert RequestFilter().filter(record)
    current_request.reset(token)
    made = logging_configuration("info")["formatters"]["json"]
    line = JsonFormatter(made["fmt"], style=made["style"]).format(record)
    assert json.loads(line)["request_id"] == "find-me"
    assert "ada@example.com" not in line


@pytest.mark.parametrize("name", ["authlib", "django.db.backends", "procrastinate", "psycopg"])
def test_no_level_makes_libraries_log_tokens_or_values(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert logging.getLogger("rapport").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger(f"{name}.deeper").isEnabledFor(logging.DEBUG)


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Both the landing page and the directory raise `error`."""

    def broken(*_: object) -> HttpResponse:
        raise error

    monkeypatch.setattr(landing, "hosts", broken)
    monkeypatch.setattr(lists, "tenant_scope", broken)


def test_a_file_whose_name_is_said_in_an_unknown_encoding_is_none(client: Client) -> None:
    part = b"--b\r\nContent-Disposition: form-data; name=x; filename*=bogus''x\r\n\r\ny\r\n--b--\r\n"
    answer = client.post("/sign-in", part, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 200
