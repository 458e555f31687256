"""Methods that a page does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.edge.wire import ask, request

if TYPE_CHECKING:
    from tests.ingest.serving import Server


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/search", "/llms.txt", "/openapi.json", "/postman.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE", "QUERY", "OPTIONS"])
def test_an_unknown_method_of_a_page_that_is_read_is_405(service: Server, method: str, path: str) -> None:
    answer = ask(service, request(f"{method} {path}", "Content-Length: 0"))
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert b"Send GET or HEAD." in answer.body


@pytest.mark.parametrize("path", ["/sign-in", "/forgotten-password"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"])
def test_an_unknown_method_of_a_form_is_405(service: Server, method: str, path: str) -> None:
    answer = ask(service, request(f"{method} {path}", "Content-Length: 0", "Accept: application/json"))
    assert (answer.status, answer.message) == (405, "Send GET or POST or HEAD.")


def test_a_form_is_still_asked_where_it_comes_from(service: Server) -> None:
    answer = ask(
        service,
        request("POST /sign-in", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3", body=b"a=b"),
    )
    assert answer.status == 403
    assert b"This form is too old, or not ours." in answer.body
