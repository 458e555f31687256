"""Eight callers at once with overlapping accounts, aliases, contacts, surveys, answers and activities.

Some hundred records by default; for a whole minute with `CROWD_SECONDS=60 pytest -s tests/ingest/test_crowd.py`, which
prints what was there at the end.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tests.ingest.audit import Audit
from tests.ingest.crowd import ACTIVITIES, Crowd, Send
from tests.ingest.people import anything

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.ingest.conftest import Look
    from tests.ingest.serving import Server

CALLERS = 8
#: Requests of each caller, where no time is given.
REQUESTS = 60
SECONDS = float(os.environ.get("CROWD_SECONDS", "0"))
#: Keys of `activities` by the headings of its configuration.
KEYS = {
    "Account Name": "account", "Reference": "reference", "Source": "source", "Type": "type", "Contact": "contact",
    "Happened At": "happened_at",
}  # fmt: skip


def turns() -> Iterator[int]:
    """The requests of one caller."""
    until = time.monotonic() + SECONDS
    number = 0
    while number < REQUESTS or time.monotonic() < until:
        yield number
        number += 1


def mingle(seed: int) -> Callable[[Send], None]:
    """Mostly single records of any type, some batches, activities by both their addresses."""

    def act(send: Send) -> None:
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        for _ in turns():
            configuration, record = anything(chance)
            if configuration == "activity" and chance.random() < 0.5:
                send({KEYS[heading]: text for heading, text in record.items()}, ACTIVITIES)
            elif chance.random() < 0.1:
                more = (anything(chance) for _ in range(30))
                send([record, *(each for kind, each in more if kind == configuration)], configuration)
            else:
                send(record, configuration)

    return act


def test_eight_callers_of_every_type(ingest: Server, cast: Cast, look: Look) -> None:
    crowd = Crowd([ingest], cast.alice)
    started = time.monotonic()
    crowd.run(*(mingle(seed) for seed in range(CALLERS)))
    seconds = time.monotonic() - started
    assert crowd.statuses <= {200, 201, 422}, (
        "an alias may be somebody's name, a contact unknown; nothing else is wrong"
    )
    found = Audit(lambda sql, *arguments: look(cast.alice, sql, *arguments))
    found.check()
    found.find(crowd.told)
    assert len(found.requests) == sum(crowd.sent)
    assert len(found.accounts) <= 20 + 10
    assert len([key for key in found.contact_keys if key.startswith("e:")]) == 8
    print(report(found, seconds))  # noqa: T201 - what was asked for


def report(found: Audit, seconds: float) -> str:
    """What was there at the end."""
    kept = {name: len(getattr(found, name)) for name in ("accounts", "aliases", "contacts", "activities")}
    added = {"survey records": len(found.surveys), "external responses": len(found.responses)}
    outcomes = Counter(request["outcome"] for request in found.requests)
    lines = [
        f"{len(found.requests):,} records in {seconds:.0f} s, {len(found.changes):,} entries in the ledger",
        *(f"{number:,} {name}" for name, number in (kept | added | outcomes).items()),
    ]
    return "\n".join(lines)
