"""Bad input made from the published document: no 5xx, and no answer that the document does not describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from rapport.console.api.openapi import generate
from tests.cast import Cast
from tests.conftest import django_on
from tests.ingest.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Database

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.fixture(scope="module")
def whole(copy: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """The whole service on a database of its own, as `rapport serve` runs it, and a token with every scope."""
    database = copy()
    with django_on(database):
        token = Cast().alice.token
    server = Server(database, tmp_path_factory.mktemp("whole"), command=("serve",))
    try:
        server.start()
        yield server, token
        assert server.stop() == 0
    finally:
        if server.process.poll() is None:
            server.stop()


DOCUMENT = generate(dict.fromkeys(("auth", "records", "api"), "http://localhost"))


@schemathesis.serializer("application/x-ndjson")
def ndjson(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """Lines of JSON, of whatever was made up."""
    values = value if isinstance(value, list) else [value]
    return b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in values)


@schemathesis.serializer("message/rfc822")
def mail(_: schemathesis.SerializationContext, value: Any) -> bytes:
    """A mail, of whatever was made up."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def test_it_is_what_the_service_publishes(whole: tuple[Server, str]) -> None:
    server, _ = whole
    told = httpx2.get(server.url + "/openapi.json").json()
    assert json.loads(json.dumps(told).replace(server.url, "http://localhost")) == DOCUMENT


def often(examples: int) -> settings:
    """The same so many of each operation, in each run."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def check(case: schemathesis.Case, server: Server, token: str) -> None:
    bearer = {} if case.path.startswith("/oauth2") else {"Authorization": f"Bearer {token}"}
    answer = case.call(base_url=server.url, headers=bearer, timeout=60)
    # OpenAPI has no words for "empty, unless the receipt was asked for".
    empty = answer.status_code == 200 and not answer.content
    case.validate_response(answer, checks=CHECKS[:2] if empty else CHECKS)
    assert "Traceback" not in server.said()


@schemathesis.openapi.from_dict(DOCUMENT).parametrize()
@often(5)
def test_no_input_gets_an_undocumented_answer(case: schemathesis.Case, whole: tuple[Server, str]) -> None:
    check(case, *whole)


@pytest.mark.endure
@schemathesis.openapi.from_dict(DOCUMENT).parametrize()
@often(100)
def test_no_input_at_all_gets_an_undocumented_answer(case: schemathesis.Case, whole: tuple[Server, str]) -> None:
    check(case, *whole)
