"""One tenant floods a service by every means that it has, while another sends as many records a second as always."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from rapport.connected_apps import issue
from rapport.tenants.actors import COMMAND
from tests.cast import new_token
from tests.ingest.conftest import Caller
from tests.ingest.serving import PATIENCE, serving
from tests.ingest.test_fairness import body, put_fields
from tests.ingest.test_worst_answers import WRONG, put_choices

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

pytestmark = pytest.mark.endure
SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
A_SECOND = 200
#: Requests of the flood that are under way at once.
FLOODING = 6
JSON = {"Content-Type": "application/json"}


def floods() -> list[tuple[str, str, bytes]]:
    """Configuration, whether the app has a rate, and the body of each batch."""
    wrong = json.dumps([WRONG] * 10_000, separators=(",", ":")).encode()
    return [
        ("contact", "free", body()),
        ("wide", "free", body()),
        ("worst", "free", wrong),
        ("contact", "free", b"[" * 16_000_000),
        ("contact", "free", b"[" + b"1," * 8_000_000 + b"1]"),
        ("contact", "limited", body()),
    ]


async def flood(url: str, tokens: dict[str, str], end: float, seen: Counter[str]) -> None:
    async with httpx2.AsyncClient(base_url=url, timeout=300) as client:

        async def send(work: cycle[tuple[str, str, bytes]]) -> None:
            while time.monotonic() < end:
                reference, app, content = next(work)
                headers = JSON | {"Authorization": f"Bearer {tokens[app]}"}
                path = f"/records/batch?configuration={reference}"
                answer = await client.post(path, content=content, headers=headers)
                seen[f"{reference} {answer.status_code}"] += 1

        work = cycle(floods())
        await asyncio.gather(*(send(work) for _ in range(FLOODING)))


async def steady(url: str, person: Person, end: float, took: list[float], statuses: Counter[int]) -> None:
    """So many a second, each measured from when it was due."""
    async with httpx2.AsyncClient(base_url=url, headers=person.bearer, timeout=PATIENCE) as client:
        tasks: set[asyncio.Task[None]] = set()
        start, number = time.monotonic(), 0

        async def put(due: float, number: int) -> None:
            query = {
                "configuration": "contact",
                "record[Email]": f"{number % 500}@b",
                "record[First Name]": str(number),
            }
            answer = await client.put("/records", params=query)
            took.append(time.monotonic() - due)
            statuses[answer.status_code] += 1

        while time.monotonic() < end:
            due = start + number / A_SECOND
            await asyncio.sleep(max(0, due - time.monotonic()))
            task = asyncio.create_task(put(due, number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        await asyncio.gather(*tasks)


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
    took: list[float] = []
    statuses: Counter[int] = Counter()
    seen: Counter[str] = Counter()
    with serving(database, tmp_path) as server, Caller(server.url, cast.alice) as alice:
        assert alice.record({"Email": "a@b"}).status_code == 200
        end = time.monotonic() + SECONDS

        def flooding() -> None:
            asyncio.run(flood(server.url, tokens, end, seen))

        async def both() -> None:
            jobs = [steady(server.url, cast.alice, end, took, statuses)]
            await asyncio.gather(*jobs, *([asyncio.to_thread(flooding)] if flooded else []))

        asyncio.run(both())
    told(
        f"{len(took)} PUTs, {A_SECOND} a second: p50 {p(0.5, took)}, p99 {p(0.99, took)}, longest {p(1, took)};"
        f" {dict(statuses)}; the flood's answers: {dict(seen)}"
    )
    assert set(statuses) == {200}
