"""What is taken away stops working on every worker within seconds, and not one answer later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2

from rapport import credentials
from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.cast import new_token

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

#: Connections enough to meet every worker.
CONNECTIONS = 12
GOOD = "/records?configuration=contact&record[Email]=a@b"


def statuses(server: Server, token: str) -> set[int]:
    """What callers on connections of their own are answered with."""
    return {status for _, status in asked(server, token)}


def asked(server: Server, token: str) -> Iterator[tuple[float, int]]:
    """When callers on connections of their own asked, and what they were answered with."""
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(CONNECTIONS):
        when = time.monotonic()
        yield when, httpx2.put(server.url + GOOD, headers=headers).status_code


def settles(server: Server, tokens: dict[str, int], since: float, seconds: float) -> None:
    """Whoever asks so many seconds after `since`, or later, is answered with the token's new status by every worker.

    When the answer comes is up to the machine.
    """
    for token, status in tokens.items():
        found = [(0.0, 0)]
        while found[0][0] < since + seconds:
            found = list(asked(server, token))
        assert {each for _, each in found} == {status}


def test_a_token_and_an_app_stop_within_five_seconds_everywhere(ingest: Server, cast: Cast, look: Look) -> None:
    alice, bob = cast.alice, cast.bob
    revoked, kept, stopped = new_token(alice.tenant, alice.client_id), alice.token, bob.token
    for token in (revoked, kept, stopped):
        assert statuses(ingest, token) == {200}, "every worker knows it now"
    look(
        alice,
        "update access_tokens set revoked_at = now() where hash = %s returning 1",
        credentials.digest(revoked),
    )
    issue.deactivate(bob.tenant, COMMAND, bob.client_id)
    settles(ingest, {revoked: 401, stopped: 401, kept: 200}, time.monotonic(), 5)


def test_a_scope_that_an_app_loses_stops_within_five_seconds_everywhere(ingest: Server, cast: Cast, look: Look) -> None:
    """Whatever the token was issued with."""
    take = "update connected_apps set scopes = '{directory:read}' where client_id = %s returning 1"
    assert statuses(ingest, cast.alice.token) == {200}
    look(cast.alice, take, cast.alice.client_id)
    settles(ingest, {cast.alice.token: 403, cast.charlie.token: 200}, time.monotonic(), 5)


def test_a_configuration_changes_within_two_seconds_everywhere(ingest: Server, cast: Cast, look: Look) -> None:
    def change(assignment: str, expected: int) -> None:
        look(cast.alice, f"update configurations set {assignment} where reference = 'contact' returning 1")
        settles(ingest, {cast.alice.token: expected}, time.monotonic(), 2)

    assert statuses(ingest, cast.alice.token) == {200}
    change("active = false", 422)
    change("active = true", 200)
    change("""mapping = '[{"heading": "E-Mail", "field": "email"}]'""", 422)


def test_a_new_token_works_at_once_also_after_it_was_tried(ingest: Server, cast: Cast) -> None:
    """What was not found is remembered for a second only."""
    fresh = new_token(cast.alice.tenant, cast.alice.client_id)
    assert statuses(ingest, fresh) == {200}
    assert statuses(ingest, fresh + "x") == {401}
