"""A steady load on a service, whatever happens to it."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2

from tests.ingest.audit import Told, of_receipt
from tests.ingest.conftest import Caller
from tests.ingest.people import somebody
from tests.ingest.serving import PATIENCE, until

if TYPE_CHECKING:
    from tests.cast import Person
    from tests.ingest.serving import Server

CALLERS = 6
#: Of requests, whatever load they are part of.
_numbers = itertools.count(1)


class Load:
    """Callers who send record after record, take every answer down and come back when there is none."""

    def __init__(self, url: str, person: Person, patience: float = PATIENCE) -> None:
        self.told: list[Told] = []
        self.statuses: Counter[int] = Counter()
        self.unanswered: list[str] = []
        self.retry_after: set[str | None] = set()
        self._url, self._person, self._patience = url, person, patience
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(seed,)) for seed in range(CALLERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self, count: int = 150, patience: float = PATIENCE) -> None:
        """Wait until so many more records are acknowledged."""
        until(self.more(200, count), "more records are acknowledged", patience)

    def more(self, status: int, count: int) -> Callable[[], bool]:
        """Says whether so many more answers have come with that status."""
        wanted = self.statuses[status] + count
        return lambda: self.statuses[status] >= wanted

    def _call(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        while not self._stop.is_set():
            with Caller(self._url, self._person) as caller:
                caller.timeout = self._patience
                try:
                    while not self._stop.is_set():
                        request_id = f"r{next(_numbers)}"
                        self._send(caller, chance, request_id)
                except httpx2.TransportError:
                    self.unanswered.append(request_id)
                    self._stop.wait(0.02)  # nobody hammers a service that is away

    def _send(self, caller: Caller, chance: random.Random, request_id: str) -> None:
        """Mostly single records; some batches, some with a key."""
        headers = {"X-Request-Id": request_id}
        if chance.random() < 0.1:
            answer = caller.batch([somebody(chance) for _ in range(5)], headers=headers)
            told = Told(request_id, "")
        else:
            headers |= {"Idempotency-Key": request_id} if chance.random() < 0.2 else {}
            answer = caller.record(somebody(chance) | {"Last Name": request_id}, headers=headers)
            told = of_receipt(request_id, answer.json()) if answer.status_code == 200 else Told(request_id, "")
        if answer.status_code == 200:
            self.told.append(told)
        else:
            self.retry_after.add(answer.headers.get("retry-after"))
            self._stop.wait(0.02)
        self.statuses[answer.status_code] += 1


@contextmanager
def load(server: Server, person: Person, patience: float = PATIENCE) -> Iterator[Load]:
    """A load that is under way while the block lasts."""
    running = Load(server.url, person, patience)
    running.start()
    try:
        running.goes_on()
        yield running
    finally:
        running.stop()
