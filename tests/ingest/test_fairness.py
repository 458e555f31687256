"""No request of one tenant holds up those of another for long: what a worker does at one go is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rapport.ingest.app import Service
from rapport.ingest.http import Refusal, Request

if TYPE_CHECKING:
    import pytest

    from tests.cast import Cast, Person
    from tests.conftest import Database

RECORDS, FIELDS = 10_000, 100


@contextmanager
def goes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[float, str]]]:
    """CPU seconds of each step that the event loop takes at one go, whatever else the machine does."""
    taken: list[tuple[float, str]] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        started = time.thread_time()
        run(handle)
        taken.append((time.thread_time() - started, repr(handle)))

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
    try:
        await service.answer(request, take)
    except Refusal as refusal:
        await request.refuse(refusal)
    return answer[0]["status"], answer[1]["body"]


def wide(number: int) -> dict[str, str]:
    return {"Email": f"c{number}@example.com"} | {f"h{n:02}": f"v{n}" for n in range(FIELDS - 1)}


def test_a_large_batch_is_read_in_slices(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    body = json.dumps([wide(number) for number in range(RECORDS)], separators=(",", ":")).encode()

    import sys; sys.path.insert(0,"/tmp"); import prof; capsys.disabled().__enter__(); prof.install()
    from rapport.ingest.app import _calm_collector; _calm_collector()
    async def run() -> None:
        service = Service(database.settings)
        for _ in range(2):
            with goes(monkeypatch) as taken:
                t = time.thread_time()
                status, answer = await send(
                    service, cast.alice, "POST", "/records/batch", b"configuration=contact", body
                )
                await asyncio.sleep(0)
            with capsys.disabled():
                print(len(body), status, answer[:100], len(answer), "total", time.thread_time() - t)
                for s, name in sorted(taken, reverse=True)[:12]:
                    print(f"{s * 1e3:7.1f} ms {name[:150]}")
        await service.stop()

    asyncio.run(run())
