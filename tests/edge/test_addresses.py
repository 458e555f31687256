"""Addresses: how many slashes, and what is said where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.serving import Server

NOTHING = "There is nothing at this address."


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("PUT //records?configuration=contact&record%5BEmail%5D=a@b", 200),
        ("PUT ///records//?configuration=contact&record%5BEmail%5D=a//b@b", 200),
        ("POST //records//batch?configuration=contact", 415),
        ("GET //api//contacts/", 200),
        ("GET //healthz", 200),
        ("GET /api//contacts?email=a//b@b", 200),
        ("GET //docs", 200),
        ("GET //evil.test/..//nothing", 404),
    ],
)
def test_repeated_slashes_count_as_one(service: Server, cast: Cast, line: str, status: int) -> None:
    headers = [f"Authorization: Bearer {cast.alice.token}", "Content-Length: 1" if "batch" in line else "X: y"]
    answer = ask(service, request(line, *headers, body=b"x" if "batch" in line else b""))
    assert answer.status == status, answer.body


def test_a_token_is_had_below_two_slashes(service: Server, cast: Cast) -> None:
    body = f"grant_type=client_credentials&client_id={cast.alice.client_id}&client_secret={cast.alice.client_secret}"
    head = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")
    assert ask(service, request("POST //oauth2/token", *head, body=body.encode())).status == 200


@pytest.mark.parametrize("accept", ["", "Accept: */*", "Accept: text/html", "Accept: application/json"])
@pytest.mark.parametrize(
    "line",
    [
        "GET /records/x", "PUT /records/x/y", "PUT /activities/x", "GET /hooks", "GET /api/nothing", "GET /oauth2/x",
        "GET /.well-known/x", "GET /v7/x", "GET /v4.1/x", "GET /openapi.json/x", "GET /postman.json/x",
    ],
)  # fmt: skip
def test_programs_are_told_in_json_that_there_is_nothing(service: Server, line: str, accept: str) -> None:
    answer = ask(service, request(line, accept or "X: y"))
    assert (answer.status, answer.message) == (404, NOTHING)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/json, text/plain;q=0.5", "application/json"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_who_does_not_take_html_gets_json(service: Server, method: str, accept: str, media_type: str) -> None:
    answer = ask(service, request(f"{method} /recrods", f"Accept: {accept}"))
    assert (answer.status, answer.headers["content-type"]) == (404, media_type)
    assert NOTHING in answer.body.decode()
