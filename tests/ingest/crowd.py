"""Many callers at once, who take down what they are told."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.ingest.audit import Told, of_receipt
from tests.ingest.conftest import Caller

if TYPE_CHECKING:
    import httpx2

    from tests.cast import Person
    from tests.ingest.serving import Server

#: Sends one record, or a list of them, to a configuration; the receipt of an accepted one.
Send = Callable[..., "dict[str, Any] | None"]
#: In the place of a configuration: the address of its own that activities have.
ACTIVITIES = "/activities"


class Crowd:
    """Callers that all begin at the same moment, each with its connections; collects what they were told."""

    def __init__(self, servers: list[Server], person: Person) -> None:
        self._servers = servers
        self._person = person
        self._numbers = itertools.count(1)
        self.told: list[Told] = []
        self.statuses: set[int] = set()
        #: How many records each request held.
        self.sent: list[int] = []

    def run(self, *acts: Callable[[Send], None]) -> None:
        """Each act gets a function that sends one record, or a list of them, and returns the receipt."""
        start = threading.Barrier(len(acts))

        def play(number: int, act: Callable[..., None]) -> None:
            server = self._servers[number % len(self._servers)]
            with Caller(server.url, self._person) as caller:
                caller.get("/healthz")  # connected before the start
                start.wait()
                act(lambda records, configuration="contact": self._send(caller, records, configuration))

        with ThreadPoolExecutor(len(acts)) as threads:
            for task in [threads.submit(play, number, act) for number, act in enumerate(acts)]:
                task.result()

    def _send(self, caller: Caller, records: Any, configuration: str) -> dict[str, Any] | None:
        request_id = f"r{next(self._numbers)}"
        answer = _call(caller, records, configuration, request_id)
        self.statuses.add(answer.status_code)
        self.sent.append(len(records) if isinstance(records, list) else 1)
        if answer.status_code not in (200, 201) or isinstance(records, list):
            return None
        self.told.append(of_receipt(request_id, answer.json()))
        return answer.json()


def _call(caller: Caller, records: Any, configuration: str, request_id: str) -> httpx2.Response:
    headers = {"X-Request-Id": request_id, "Prefer": "return=representation"}
    if configuration == ACTIVITIES:
        return caller.put(ACTIVITIES, json=records, headers=headers)
    send = caller.batch if isinstance(records, list) else caller.record
    return send(records, configuration, headers=headers)
