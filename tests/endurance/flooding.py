"""A flood from a process of its own, so that it does not hold up who measures; it knows nothing of Django."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from itertools import cycle

import httpx2

#: Configuration, which of the tokens, and the body of a batch.
Flood = tuple[str, str, bytes]
#: Requests that are under way at once.
FLOODING = 6
JSON = {"Content-Type": "application/json"}


def flood(url: str, tokens: dict[str, str], seconds: float, requests: list[Flood]) -> Counter[str]:
    """Floods for so long, in a process of its own; statuses by configuration."""
    seen: Counter[str] = Counter()
    work, end = cycle(requests), time.monotonic() + seconds

    async def send(client: httpx2.AsyncClient) -> None:
        while time.monotonic() < end:
            reference, app, content = next(work)
            headers = JSON | {"Authorization": f"Bearer {tokens[app]}"}
            answer = await client.post(f"/records/batch?configuration={reference}", content=content, headers=headers)
            seen[f"{reference} {answer.status_code}"] += 1

    async def run() -> None:
        async with httpx2.AsyncClient(base_url=url, timeout=300) as client:
            await asyncio.gather(*(send(client) for _ in range(FLOODING)))

    asyncio.run(run())
    return seen
