"""Proxies of one's own in front: whom guesses are counted for (RFC 9110 §5.3: several lines are one list)."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.edge.wire import Answer
    from tests.ingest.serving import Server

FORM = "Content-Type: application/x-www-form-urlencoded"
_numbers = count(1)


def guess(server: Server, email: str, *told: str) -> Answer:
    """A wrong password, with these lines of X-Forwarded-For."""
    lines = [f"X-Forwarded-For: {line}" for line in told]
    page = ask(server, request("GET /sign-in", *lines, host="localhost"))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.body.decode())
    assert token is not None
    body = urlencode({"csrfmiddlewaretoken": token[1], "email": email, "password": "a wrong guess"}).encode()
    cookie = page.headers["set-cookie"].partition(";")[0]
    more = (FORM, f"Content-Length: {len(body)}", f"Cookie: {cookie}", "Origin: http://localhost")
    return ask(server, request("POST /sign-in", *lines, *more, host="localhost", body=body))


@pytest.mark.parametrize(
    "lines",
    [
        lambda forged, place: [f"{forged}, {place}, 10.0.0.1"],
        lambda forged, place: [f"{forged}, {place}", "10.0.0.1"],
        lambda forged, place: [forged, place, "10.0.0.1"],
    ],
    ids=["one line", "two lines", "a line each"],
)
def test_behind_two_proxies_guesses_count_for_whoever_guesses(
    hosted: Server, lines: Callable[[str, str], list[str]]
) -> None:
    number = next(_numbers)
    email, place, other = f"guessed-{number}@x.example", f"203.0.113.{number}", f"198.51.100.{number}"
    for forged in range(5):
        answer = guess(hosted, email, *lines(f"6.6.6.{forged}", place))
        assert answer.status == 422
    assert guess(hosted, email, *lines("7.7.7.7", place)).status == 429
    assert guess(hosted, email, *lines("7.7.7.7", other)).status == 422
