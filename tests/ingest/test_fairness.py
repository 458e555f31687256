"""No request of one tenant holds up those of another for long: what a worker does at one go is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations import edits
from rapport.configurations.models import CustomField
from rapport.ingest.app import Service
from rapport.ingest.http import Refusal, Request
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
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


@pytest.mark.parametrize("reference", ["contact", "wide"])
def test_nobody_waits_for_a_large_batch(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, reference: str, capsys
) -> None:
    put_fields(cast.alice)
    body = json.dumps([wide(number) for number in range(RECORDS)], separators=(",", ":")).encode()
    import sys

    sys.path.insert(0, "/tmp")
    import prof

    capsys.disabled().__enter__()
    prof.install()
    from rapport.ingest.app import _calm_collector

    _calm_collector()

    async def run() -> None:
        service = Service(database.settings)

        def rss():
            return int(open("/proc/self/statm").read().split()[1]) * 4 // 1024

        r = rss()
        for _ in range(3):
            with goes(monkeypatch) as taken:
                t = time.thread_time()
                status, answer = await send(
                    service, cast.alice, "POST", "/records/batch", b"configuration=" + reference.encode(), body
                )
                await asyncio.sleep(1.5)
            print(reference, len(body), status, answer[:100], len(answer), "total", time.thread_time() - t)
            for s, name in sorted(taken, reverse=True)[:8]:
                print(f"{s * 1e3:7.1f} ms {name[:150]}")
            del answer
            import ctypes

            print("rss", rss() - r, end=" ")
            ctypes.CDLL(None).malloc_trim(0)
            print("trimmed", rss() - r)
        await service.stop()

    asyncio.run(run())
