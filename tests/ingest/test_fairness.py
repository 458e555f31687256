"""No request of one tenant holds up those of another for long: what a worker does at one go is measured."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import edits
from rapport.configurations.models import CustomField
from rapport.ingest.app import Service
from rapport.ingest.http import Refusal, Request
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.ingest.conftest import Caller
from tests.ingest.serving import serving, until

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.ingest.serving import Server

RECORDS, FIELDS = 10_000, 100
#: CPU seconds that nothing may take at one go, on a machine that is busy otherwise.
LONGEST = 0.2
#: Of the 160 MiB that a batch needs. It is 15 MiB behind the first and 40 behind the third: the interpreter's own pages
#: are in pieces then.
MEMORY = 48 * 1024 * 1024


@contextmanager
def goes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """CPU seconds of each step that the event loop takes at one go, whatever else the machine does."""
    taken: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        started = time.thread_time()
        run(handle)
        taken.append(time.thread_time() - started)

    monkeypatch.setattr(asyncio.Handle, "_run", timed)
    yield taken
    monkeypatch.undo()


async def send(
    service: Service, person: Person, method: str, path: str, query: bytes, body: bytes
) -> tuple[int, bytes]:
    """One request to a service of this process; status and body of its answer."""
    answer: list[dict[str, Any]] = []
    parts = [body[at : at + 65_536] for at in range(0, len(body), 65_536)] or [b""]
    incoming = iter([{"body": part, "more_body": part is not parts[-1]} for part in parts])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", **next(incoming)}

    async def take(message: dict[str, Any]) -> None:
        answer.append(message)

    headers = [
        (b"host", b"x"), (b"authorization", person.bearer["Authorization"].encode()),
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
    ]  # fmt: skip
    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": headers}
    request = Request(scope, receive, take)
    await asyncio.sleep(0)  # a step of its own
    try:
        await service.answer(request, take)
    except Refusal as refusal:
        await request.refuse(refusal)
    return answer[0]["status"], answer[1]["body"]


def put_fields(person: Person) -> None:
    """Configuration `wide`: ninety-nine fields of a contact's own."""
    mapping = [{"heading": "Email", "field": "email"}]
    with tenant_scope(person.tenant) as tenant_id:
        for n in range(FIELDS - 1):
            field = {"object": "contact", "name": f"h{n:02}", "label": f"h{n:02}", "type": "text"}
            CustomField.objects.create(tenant_id=tenant_id, **field)
            mapping.append({"heading": f"h{n:02}", "field": f"contact.h{n:02}"})
        given = {"reference": "wide", "name": "Wide", "kind": "api", "data_type": "contact", "mapping": mapping}
        edits.create(tenant_id, COMMAND, given)


def wide(number: int) -> dict[str, str]:
    return {"Email": f"c{number}@example.com"} | {f"h{n:02}": f"v{n}" for n in range(FIELDS - 1)}


def body(records: int = RECORDS) -> bytes:
    return json.dumps([wide(number) for number in range(records)], separators=(",", ":")).encode()


@pytest.mark.parametrize("reference", [b"contact", b"wide"])
def test_a_large_batch_goes_on_in_small_steps(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, reference: bytes
) -> None:
    """Read at once, it took 580 ms; most of the rest is what is freed at its end."""
    gc.collect()
    gc.freeze()  # as a worker does: what other tests have left is not looked through
    put_fields(cast.alice)

    async def run() -> list[float]:
        service, longest = Service(database.settings), []
        for _ in range(2):
            with goes(monkeypatch) as taken:
                status, answer = await send(
                    service, cast.alice, "POST", "/records/batch", b"configuration=" + reference, body()
                )
            assert (status, json.loads(answer)["received"]) == (200, RECORDS)
            longest.append(max(taken))
        await service.stop()
        return longest

    assert min(asyncio.run(run())) < LONGEST


def resident(server: Server) -> int:
    """Bytes of memory that the only worker has."""
    [worker] = server.workers()
    return int(Path(f"/proc/{worker}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_comes_back_after_a_large_batch(database: Database, cast: Cast, tmp_path: Path) -> None:
    """Without giving it back, a worker kept 100 MiB and more."""
    large = body()
    headers = {"Content-Type": "application/json"}
    with serving(database, tmp_path, workers=1) as server, Caller(server.url, cast.alice) as alice:
        assert alice.batch([wide(number) for number in range(100)]).status_code == 200
        before = resident(server)
        answer = alice.post("/records/batch?configuration=contact", content=large, headers=headers)
        assert answer.json()["received"] == RECORDS
        until(lambda: resident(server) < before + MEMORY, "it has come back")
