"""Editors of one tenant take turns, and none waits for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from rapport.configurations import locks

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.configurations.conftest import Call
    from tests.conftest import Database


@pytest.fixture
def hold(database: Database, cast: Cast) -> Iterator[Callable[[], None]]:
    """Somebody edits in Alice's tenant, from the call to the end of the test."""
    with psycopg.connect(database.app) as rival:

        def begin() -> None:
            keys = [locks.EDITORS_LOCK, cast.alice.tenant.pk]
            rival.execute("select pg_advisory_xact_lock(%s, %s)", keys)

        yield begin


def test_who_would_wait_for_long_is_sent_away(
    call: Call, hold: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LOCK_SECONDS", 0.1)
    made = call("POST", "touchpoints", {"name": "Shop"}).json()
    hold()
    for answer in (
        call("PUT", "configurations/0", {}),
        call("POST", "touchpoints", {"name": "Other"}),
        call("PATCH", f"touchpoints/{made['id']}", {"name": "Shop 2"}, match=1),
    ):
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert answer.json() == {"message": "Somebody else is editing configurations right now; nothing was changed."}


def test_reading_and_others_do_not_wait(call: Call, hold: Callable[[], None]) -> None:
    hold()
    assert call("GET", "configurations/contact").status_code == 200
    assert call("POST", "touchpoints", {"name": "Shop"}, who="charlie").status_code == 201
