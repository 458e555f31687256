"""The queue of jobs (decision 11): what no living worker holds comes back (decision 22), and how it stands is told.

A worker that is killed, or whose host is gone, leaves its job `doing`. So a job may be done twice, at the same
time where a worker was only stopped: each kind of job says why that does no harm.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.db import connection

from rapport.db.queries import statement

from .statements import fetch

log = logging.getLogger("rapport.tenants")

#: What may take minutes, for which nothing else shall wait: imports, exports, and upkeep that goes through all tenants.
LONG = "long"
#: Queue -> how many of its jobs a worker does at a time. Partitions and mail are in the first, as is what names none.
QUEUES = {"default": 4, LONG: 2}
#: Between two signs of life.
HEARTBEAT_SECONDS = 5.0
#: How long a worker that is told to stop lets its job go on; it gives no signs of life meanwhile.
GRACE_SECONDS = 20.0
#: A worker without a sign of life for so long is gone: longer than grace and heartbeat together.
GONE_SECONDS = 30.0
#: Until a worker's row is deleted; one that was only stopped goes on under its own.
FORGOTTEN_SECONDS = 24 * 3600.0
#: A job is tried no more when it was under way so often without coming to an end.
TRIES = 10

_PUT_BACK, _COUNT = statement("put_back_jobs"), statement("count_jobs")
_FATES = {
    "todo": "a job whose worker is gone was put back: %s",
    "aborted": "a job whose worker is gone was given up, since the next one waits already: %s",
    "failed": "a job was given up, since its workers ended again and again: %s",
}


class Standing(NamedTuple):
    """How many jobs of one kind are in one state."""

    task: str
    #: todo, later (to be tried again, or not due), doing, failed, aborted, cancelled.
    state: str
    number: int
    #: At most, of one of them.
    tries: int
    #: At most: waiting, under way, or failed.
    seconds: float

    @property
    def name(self) -> str:
        """`members.send_invitation`."""
        return self.task.removeprefix("rapport.").replace(".jobs.", ".")


def standings() -> list[Standing]:
    """How the queue stands. Raises `django.db.Error`."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        return [Standing(*row) for row in fetch(_COUNT)]


def put_back() -> list[tuple[str, str]]:
    """Gives back what no living worker holds; kind of each job and what became of it. Raises `django.db.Error`."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        done = fetch(_PUT_BACK, GONE_SECONDS, TRIES)
    for task, fate in done:
        log.warning(_FATES[fate], task)
    return done
