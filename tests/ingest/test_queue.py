"""A tenant's queue is bounded in bytes as well: big requests do not fill the memory, whatever door they take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
import psycopg
import pytest

from rapport.db.tenancy import WRITERS_LOCK
from tests.ingest.serving import PATIENCE, Server, serving, until

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.ingest.conftest import Look

MEBIBYTE = 1024 * 1024
ADA = {"Email": "ada@example.com"}
ACTIVITY = {"reference": "T-1", "account": "Acme", "type": "Call", "source": "CRM", "happened_at": "2026-01-31 14:30"}
FULL = "Too many records are waiting; nothing was written."
#: Whether anybody waits for the tenant's lock.
WAITS = "select 1 from pg_locks where locktype = 'advisory' and not granted and objid = %s::oid"


@pytest.fixture(scope="module")
def single(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Ingest with one worker, so that there is one queue."""
    with serving(database, tmp_path_factory.mktemp("queue"), workers=1) as server:
        yield server


@contextmanager
def nobody_writes(database: Database, person: Person) -> Iterator[None]:
    """Keep every writer of the person's tenant out."""
    with psycopg.connect(database.app) as rival:
        rival.execute("select pg_advisory_xact_lock(%s, %s)", [WRITERS_LOCK, person.tenant.pk])
        yield


class Flood(NamedTuple):
    """So many requests to one door, with bodies of one size, of which so many fit."""

    method: str
    url: str
    content: Any
    size: int
    sent: int
    fit: int


#: 32 MiB is the bound, and a query counts as well.
FLOODS = (
    Flood("PUT", "/records?configuration=contact", {"record": ADA}, MEBIBYTE, sent=36, fit=31),
    Flood("PUT", "/activities", ACTIVITY, MEBIBYTE, sent=36, fit=32),
    Flood("POST", "/records/batch?configuration=contact", [ADA], 16 * MEBIBYTE, sent=3, fit=1),
)


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.url)
def test_what_is_too_much_to_wait_is_sent_away(
    single: Server, database: Database, cast: Cast, look: Look, flood: Flood
) -> None:
    small = json.dumps(flood.content).encode()
    headers = cast.alice.bearer | {"Content-Type": "application/json"}

    def send(body: bytes) -> httpx2.Response:
        return httpx2.request(flood.method, single.url + flood.url, content=body, headers=headers, timeout=PATIENCE)

    with ThreadPoolExecutor(flood.sent + 1) as threads:
        with nobody_writes(database, cast.alice):
            first = threads.submit(send, small)
            until(lambda: look(cast.alice, WAITS, cast.alice.tenant.pk), "the first one is being written")
            rest = [threads.submit(send, small.ljust(flood.size)) for _ in range(flood.sent)]
            refused = [
                answer.result() for _, answer in zip(range(flood.sent - flood.fit), as_completed(rest), strict=False)
            ]
            assert {(answer.status_code, answer.json()["message"]) for answer in refused} == {(503, FULL)}
            assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        statuses = Counter(answer.result().status_code // 100 for answer in [first, *rest])
    assert statuses == {2: 1 + flood.fit, 5: flood.sent - flood.fit}
