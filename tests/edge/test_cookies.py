"""What pages are sent with where there is TLS: safe cookies, and that it is to stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.edge.wire import Answer
    from tests.ingest.serving import Server

FORM = "Content-Type: application/x-www-form-urlencoded"
PASSWORD = "correct horse battery"
TLS = ("X-Forwarded-For: 203.0.113.7, 10.0.0.1", "X-Forwarded-Proto: https")


def sign_in(server: Server, cast: Cast, host: str, *headers: str, scheme: str = "http") -> list[str]:
    """Alice signs in with a password; the cookies of both answers."""
    user = cast.alice.user
    user.set_password(PASSWORD)
    user.save()
    page = ask(server, request("GET /sign-in", *headers, host=host))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body.decode())
    assert token is not None
    [csrf] = cookies(page)
    body = urlencode({"csrfmiddlewaretoken": token[1], "email": user.email, "password": PASSWORD}).encode()
    more = [FORM, f"Content-Length: {len(body)}", f"Origin: {scheme}://{host}", "Cookie: " + csrf.partition(";")[0]]
    answer = ask(server, request("POST /sign-in", *headers, *more, host=host, body=body))
    assert answer.status == 302, answer.body.decode()
    return [csrf, *cookies(answer)]


def cookies(answer: Answer) -> list[str]:
    return answer.headers.get_all("set-cookie") or []


@pytest.mark.parametrize("host", ["example.com", "10.1.2.3", "localhost:8000"])
def test_every_cookie_is_secure_where_the_request_came_by_tls(hosted: Server, cast: Cast, host: str) -> None:
    made = sign_in(hosted, cast, host, *TLS, scheme="https")
    assert {cookie.partition("=")[0] for cookie in made} >= {"rapport_csrf", "rapport_session"}
    assert [cookie for cookie in made if "; secure" not in cookie.lower()] == []
    region = ask(hosted, request("GET /docs?region=us", *TLS, host=host))
    assert ["; secure" in cookie.lower() for cookie in cookies(region)] == [True]


def test_on_the_domain_cookies_are_secure_whatever_we_are_told(hosted: Server, cast: Cast) -> None:
    made = sign_in(hosted, cast, "example.com", scheme="https")
    assert [cookie for cookie in made if "; secure" not in cookie.lower()] == []


def test_without_tls_a_network_address_can_be_signed_in_to(hosted: Server, service: Server, cast: Cast) -> None:
    for server in (hosted, service):
        made = sign_in(server, cast, "10.1.2.3:8000")
        assert [cookie for cookie in made if "secure" in cookie.lower()] == []


@pytest.mark.parametrize("path", ["/", "/docs", "/sign-in", "/nothing"])
def test_tls_is_to_stay(hosted: Server, path: str) -> None:
    lines = [
        TLS,
        (TLS[0], "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"),
        (TLS[0], "X-Forwarded-Proto: https, http"),
    ]
    for headers in lines:
        answer = ask(hosted, request(f"GET {path}", *headers, host="example.com"))
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    for headers in ((), ("X-Forwarded-Proto: http",), ("X-Forwarded-Proto: https, http, http",)):
        answer = ask(hosted, request(f"GET {path}", *headers, host="example.com"))
        assert "strict-transport-security" not in answer.headers


def test_without_proxies_nobody_says_that_there_is_tls(service: Server) -> None:
    answer = ask(service, request("GET /sign-in", "X-Forwarded-Proto: https"))
    assert "strict-transport-security" not in answer.headers
    assert "secure" not in cookies(answer)[0].lower()
