"""One tenant floods a service by every means that it has, while another sends as many records a second as always."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.cast import new_token
from tests.endurance.flooding import Flood, flood
from tests.ingest.conftest import Caller
from tests.ingest.serving import serving
from tests.ingest.test_fairness import body, put_fields
from tests.ingest.test_worst_answers import WRONG, put_choices

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.ingest.serving import Server

pytestmark = pytest.mark.endure
SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
A_SECOND = 200
CONNECTIONS = 40


def floods() -> list[Flood]:
    """Large batches, right and wrong, some of an app that has a rate."""
    wrong = json.dumps([WRONG] * 10_000, separators=(",", ":")).encode()
    return [
        ("contact", "free", body()),
        ("wide", "free", body()),
        ("worst", "free", wrong),
        ("contact", "free", b"[" * 16_000_000),
        ("contact", "free", b"[" + b"1," * 8_000_000 + b"1]"),
        ("contact", "limited", body()),
    ]


class Steady:
    """So many records a second on some connections, each measured from when it was due."""

    def __init__(self, server: Server, person: Person) -> None:
        self.took: list[float] = []
        self.statuses: Counter[int] = Counter()
        self._port, self._token = server.port, person.token
        self._due: asyncio.Queue[tuple[float, int] | None] = asyncio.Queue()

    async def run(self, seconds: float) -> None:
        callers = [asyncio.create_task(self._call()) for _ in range(CONNECTIONS)]
        start = time.monotonic()
        for number in range(int(seconds * A_SECOND)):
            due = start + number / A_SECOND
            await asyncio.sleep(max(0, due - time.monotonic()))
            self._due.put_nowait((due, number))
        for _ in callers:
            self._due.put_nowait(None)
        await asyncio.gather(*callers)

    async def _call(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while (next_one := await self._due.get()) is not None:
            due, number = next_one
            query = f"configuration=contact&record[Email]={number % 500}@b&record[First+Name]={number}"
            head = f"PUT /records?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            self.took.append(time.monotonic() - due)
            self.statuses[int(answer.split()[1])] += 1
        writer.close()
        await writer.wait_closed()


def p(share: float, took: list[float]) -> str:
    return f"{sorted(took)[int(share * (len(took) - 1))] * 1000:.0f} ms"


@pytest.mark.parametrize("flooded", [False, True])
def test_another_tenants_records_are_answered(
    database: Database, cast: Cast, tmp_path: Path, told: Callable[[str], None], flooded: bool
) -> None:
    put_fields(cast.charlie)
    put_choices(cast.charlie)
    limited = issue.create_app(cast.charlie.tenant, COMMAND, "Limited", rate=1)
    tokens = {"free": cast.charlie.token, "limited": new_token(cast.charlie.tenant, limited.client_id)}
    with (
        serving(database, tmp_path) as server,
        Caller(server.url, cast.alice) as alice,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
    ):
        assert alice.record({"Email": "a@b"}).status_code == 200
        steady = Steady(server, cast.alice)
        seen = other.submit(flood, server.url, tokens, SECONDS, floods()) if flooded else None
        asyncio.run(steady.run(SECONDS))
        answers = dict(seen.result()) if seen else {}
    took = steady.took
    told(
        f"{len(took)} PUTs, {A_SECOND} a second: p50 {p(0.5, took)}, p99 {p(0.99, took)}, longest {p(1, took)};"
        f" {dict(steady.statuses)}; the flood's answers: {answers}"
    )
    assert set(steady.statuses) == {200}
