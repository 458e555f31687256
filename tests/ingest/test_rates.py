"""The rate of a Connected App: shared by the workers, told in headers, refused with 429."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from uuid_utils import uuid7

from rapport.connected_apps import issue
from rapport.ingest.auth import Grant
from rapport.ingest.rates import Rates
from rapport.tenants.actors import COMMAND
from tests.cast import new_token
from tests.ingest.conftest import Caller
from tests.ingest.serving import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cast import Cast
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

RECORD = "/records?configuration=contact&record[Email]=ada@example.com"


@pytest.fixture
def limited(ingest: Server, cast: Cast) -> Iterator[Callable[[int], Caller]]:
    """Makes a caller of Alice's whose app has a rate."""
    with ExitStack() as callers:

        def make(rate: int) -> Caller:
            made = issue.create_app(cast.alice.tenant, COMMAND, "Limited", rate=rate)
            caller = callers.enter_context(Caller(ingest.url, cast.alice))
            caller.headers["Authorization"] = f"Bearer {new_token(cast.alice.tenant, made.client_id)}"
            return caller

        yield make


def test_without_a_rate_no_header_speaks_of_one(alice: Caller) -> None:
    assert not {"ratelimit", "ratelimit-policy"} & set(alice.put(RECORD).headers)


def test_every_answer_tells_what_is_left(limited: Callable[[int], Caller]) -> None:
    caller = limited(3)
    answers = [caller.put(RECORD) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"default";r={left};t=1' for left in (2, 1, 0, 0)]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=3;w=1'}
    assert answers[3].headers["retry-after"] == "1"
    assert answers[3].json() == {"message": "The Connected App may send no more than 3 records a second."}


def test_faults_are_told_what_is_left_too(limited: Callable[[int], Caller]) -> None:
    answer = limited(2).put("/records?configuration=nobody")
    assert (answer.status_code, answer.headers["ratelimit"]) == (422, '"default";r=1;t=1')


def test_what_is_over_the_rate_leaves_no_history(limited: Callable[[int], Caller], look: Look) -> None:
    caller = limited(1)
    assert [caller.put(RECORD).status_code for _ in range(3)] == [200, 429, 429]
    assert look(caller.person, "select count(*) from requests") == [{"count": 1}]


def test_a_batch_costs_its_records_and_is_paid_for_afterwards(limited: Callable[[int], Caller]) -> None:
    caller = limited(10)
    assert caller.batch([{"Email": f"{n}@example.com"} for n in range(35)]).status_code == 200
    refused = caller.put(RECORD)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")


def test_who_is_over_the_rate_is_told_before_the_body_is_read(limited: Callable[[int], Caller]) -> None:
    caller = limited(1)
    assert caller.batch([{"Email": "ada@example.com"}] * 5).status_code == 200
    for kind in ("application/json", "text/html"):
        answer = caller.post("/records/batch?configuration=contact", content=b"[", headers={"Content-Type": kind})
        assert answer.status_code == 429, "it was read"


def test_a_body_that_cannot_be_read_counts_one(limited: Callable[[int], Caller]) -> None:
    caller = limited(2)
    answers = [caller.post("/records/batch?configuration=contact", content=b"[") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [415, 415, 429]
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"default";r={left};t=1' for left in (1, 0, 0)]


def test_an_hour_that_the_clock_goes_back_stops_nobody(limited: Callable[[int], Caller], look: Look) -> None:
    """The second under way begins in the future then; one is waited for at most."""
    caller = limited(1)
    assert caller.put(RECORD).status_code == 200
    look(caller.person, "update rate_leases set window_start = window_start + interval '1 hour' returning taken")
    until(lambda: caller.put(RECORD).status_code == 200, "records pass again", 5)


def test_the_next_second_brings_new_ones(limited: Callable[[int], Caller]) -> None:
    caller = limited(2)
    deadline = time.monotonic() + 10
    answers = [caller.put(RECORD).status_code for _ in range(3)]
    while (status := caller.put(RECORD).status_code) == 429:
        assert time.monotonic() < deadline
    assert (answers, status) == ([200, 200, 429], 200)


def test_two_workers_share_it_to_within_a_tenth(limited: Callable[[int], Caller], look: Look) -> None:
    """Eight connections, as fast as they can until each was told to wait and four seconds are over.

    However long a busy machine takes for it: in each second that they touch a tenth more passes at most, and nobody is
    told to wait before nine tenths have passed, but for what the others have under way.
    """
    rate, seconds, connections = 40, 4, 8
    caller = limited(rate)
    answers: list[int] = []
    start = time.monotonic()

    def press() -> None:
        with Caller(str(caller.base_url), caller.person) as own:
            own.headers["Authorization"] = caller.headers["Authorization"]
            while time.monotonic() < start + (seconds if 429 in answers else 60):
                answers.append(own.put(RECORD).status_code)

    threads = [threading.Thread(target=press) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    touched = int(time.monotonic() - start) + 2
    assert set(answers) == {200, 429}
    assert answers.count(200) <= rate * touched * 1.1
    assert answers.index(429) >= rate * 0.9 - connections
    assert look(caller.person, "select count(*) from rate_leases") == [{"count": 1}]


class Counting:
    """A store that counts leases and grants what is wanted."""

    def __init__(self) -> None:
        self.leases = 0

    async def fetchrow(self, tenant: int, sql: str, app: Any, rate: int, need: int, want: int, owed: bool) -> Any:
        self.leases += 1
        return {"granted": want, "room": rate, "seconds": 60.0}


def test_no_row_is_touched_per_request() -> None:
    store = Counting()
    rates, grant = Rates(store), Grant(1, uuid7(), frozenset(), 1000)

    async def press() -> None:
        for _ in range(1000):
            await rates.take(SimpleNamespace(extra=[]), grant)

    asyncio.run(press())
    assert store.leases < 30
