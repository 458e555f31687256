"""Hosts of a domain, each with one job (`contract.md` "Hosts")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.edge.wire import ask, request
from tests.ingest.serving import until

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.edge.wire import Answer
    from tests.ingest.serving import Server

RECORD = "configuration=contact&record%5BEmail%5D=a@b"
AUTH, RECORDS, API = "auth.eu.example.com", "imports.api.eu.example.com", "api.eu.example.com"
HOOKS, PAGES = "hooks.eu.example.com", "example.com"
HOOK = "rh_1_" + "h" * 43


def under(server: Server, host: str, line: str, *headers: str) -> Answer:
    return ask(server, request(line, "Content-Length: 0", *headers, host=host))


def bearer(cast: Cast) -> str:
    return f"Authorization: Bearer {cast.alice.token}"


@pytest.mark.parametrize(
    ("host", "line", "status"),
    [
        (RECORDS, f"PUT /records?{RECORD}", 200),
        (RECORDS, "POST /records/batch", 422),
        (RECORDS, "GET /activities", 405),
        (AUTH, "POST /oauth2/token", 400),
        (AUTH, "GET /.well-known/oauth-authorization-server", 200),
        (API, "GET /contacts", 200),
        (API, "GET /api/contacts", 200),
        (API, "GET /v7/rest/sync/responses", 200),
        (HOOKS, f"PUT /{HOOK}", 401),
        (HOOKS, f"PUT /hooks/{HOOK}", 401),
        (PAGES, "GET /", 200),
        (PAGES, "GET /docs", 200),
        (PAGES, "GET /sign-in", 200),
        (PAGES, "GET /openapi.json", 200),
    ],
)
@pytest.mark.parametrize("written", ["{}", "{}:8443", "{}.", "{}.:443"])
def test_each_host_does_its_job_however_it_is_written(
    hosted: Server, cast: Cast, host: str, line: str, status: int, written: str
) -> None:
    for name in (host, host.upper(), host.title()):
        answer = under(hosted, written.format(name), line, bearer(cast))
        assert answer.status == status, answer.body


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "10.1.2.3", "[::1]:8000", "[fe80::1]", "localhost"])
@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"PUT /records?{RECORD}", 200), ("GET /api/contacts", 200), ("POST /oauth2/token", 400),
        (f"PUT /hooks/{HOOK}", 401), ("GET /docs", 200), ("GET /contacts", 404),
    ],
)  # fmt: skip
def test_network_addresses_are_one_origin(hosted: Server, cast: Cast, host: str, line: str, status: int) -> None:
    assert under(hosted, host, line, bearer(cast)).status == status


@pytest.mark.parametrize(
    ("host", "line", "right"),
    [
        ("auth.us.example.com", "POST /oauth2/token", AUTH),
        ("auth.au.example.com:443", "GET /nothing", AUTH),
        ("imports.api.us.example.com", f"PUT /records?{RECORD}", RECORDS),
        ("API.US.Example.com.", "GET /contacts", API),
        ("hooks.us.example.com", f"PUT /{HOOK}", HOOKS),
        (RECORDS, "POST /oauth2/token", AUTH),
        (RECORDS, "GET /api/contacts", API),
        (RECORDS, f"PUT /hooks/{HOOK}", HOOKS),
        (AUTH, f"PUT /records?{RECORD}", RECORDS),
        (API, f"PUT /records?{RECORD}", RECORDS),
        (API, "POST /oauth2/revoke", AUTH),
        (HOOKS, "POST /records/batch", RECORDS),
        (PAGES, f"PUT //records?{RECORD}", RECORDS),
        (PAGES, "POST /oauth2/token", AUTH),
        (PAGES, "GET /api/contacts", API),
        (AUTH, "GET /", PAGES),
        (AUTH, "GET /sign-in", PAGES),
        (RECORDS, "GET /docs", PAGES),
    ],
)
def test_another_regions_or_services_host_says_which_is_right(
    hosted: Server, cast: Cast, host: str, line: str, right: str
) -> None:
    answer = under(hosted, host, line, bearer(cast))
    assert (answer.status, answer.message) == (421, f"This host does not answer that; send it to https://{right}")


@pytest.mark.parametrize("host", [AUTH, RECORDS, API, HOOKS])
@pytest.mark.parametrize("path", ["/nothing", "/sign-in/x", "/static/console/page.css"])
def test_on_a_host_of_programs_there_are_no_pages(hosted: Server, host: str, path: str) -> None:
    answer = under(hosted, host, f"GET {path}", "Accept: text/html")
    if host == HOOKS and path != "/sign-in/x":
        assert (answer.status, answer.headers["allow"]) == (405, "PUT, POST")
    else:
        assert answer.status in (404, 405)
    assert answer.message


def test_the_root_of_the_hooks_host_is_no_page(hosted: Server) -> None:
    answer = under(hosted, HOOKS, "GET /", "Accept: text/html")
    assert (answer.status, answer.message) == (404, "There is nothing at this address.")


@pytest.mark.parametrize(
    "host",
    [
        "strange-{}.test", "{}.example.org", "{}.example.com", "example.com.{}.test", "{}notexample.com", "a b{}",
        "{}/x", "user@{}", "{}\xe9.test", "[::1{}", "127.0.0.1.{}", "a" * 150 + "{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", [f"PUT /records?{RECORD}", "GET /docs", "GET /api/contacts", "POST /sign-in"])
def test_any_other_name_gets_a_short_400_and_a_short_line(hosted: Server, cast: Cast, host: str, line: str) -> None:
    before = len(hosted.said())
    answer = under(hosted, host.format("odd"), line, bearer(cast), "X-Request-Id: strange-name")
    assert answer.status == 400
    assert answer.is_empty_refusal or answer.message == "The service does not answer to this name."
    if not answer.is_empty_refusal:
        until(lambda: "strange-name" in hosted.said()[before:], "the line is there")
        [told] = [each for each in hosted.said()[before:].splitlines() if "strange-name" in each]
        assert len(told) < 500
    assert "Traceback" not in hosted.said()[before:]


@pytest.mark.parametrize("host", ["a b", "a/b", "user@x", "[::1"])
def test_without_a_domain_what_is_no_name_leaves_no_traceback(service: Server, host: str) -> None:
    before = len(service.said())
    answer = under(service, host, "GET /docs")
    assert answer.status == 400
    assert answer.is_empty_refusal or answer.message == "The service does not answer to this name."
    assert len(service.said()) - before < 1_000


def test_without_a_domain_every_name_is_one_origin(service: Server, cast: Cast) -> None:
    for host in ("anything.at.all", AUTH, "api.us.example.com"):
        assert under(service, host, f"PUT /records?{RECORD}", bearer(cast)).status == 200
        assert under(service, host, "GET /docs").status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("host", ["balancer.internal", AUTH, API, HOOKS, PAGES, "auth.us.example.com"])
def test_balancers_may_use_any_name(hosted: Server, host: str, path: str) -> None:
    assert under(hosted, host, f"GET {path}").status == 200


@pytest.mark.parametrize("host", ["hooks.us.example.com", "strange.test", HOOKS])
def test_a_webhooks_id_is_never_logged(hosted: Server, host: str) -> None:
    secret = f"rh_1_{host.replace('.', '-'):h<43}"
    under(hosted, host, f"PUT /{secret}", f"X-Request-Id: {host}")
    until(lambda: f'"request_id":"{host}"' in hosted.said(), "the line is there")
    assert secret not in hosted.said()
