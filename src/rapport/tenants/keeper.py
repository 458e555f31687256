"""Looks after what others leave that were killed or stopped: their jobs, and sessions that nothing else ends."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from django.db import Error, connection

from rapport.db.queries import statement

from . import queue
from .statements import fetch

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger("rapport.tenants")

#: Between two looks.
SWEEP_SECONDS = 10.0
#: A client that takes nothing for so long was stopped: an answer is at most megabytes.
UNREAD_SECONDS = 20.0
_END_UNREAD = statement("end_unread_sessions")


def end_unread() -> int:
    """Ends sessions of ours whose client takes no answer; how many. Raises `django.db.Error`."""
    with connection.wrap_database_errors:
        connection.ensure_connection()
        ended = len(fetch(_END_UNREAD, UNREAD_SECONDS))
    if ended:
        log.warning("%d sessions were ended, since nobody took their answers", ended)
    return ended


class Keeper:
    """A thread that looks after what others have left, at once and then from time to time, while the block lasts.

    No job of the queue: that could itself be what a dead worker holds.
    """

    def __init__(self, pause: float = SWEEP_SECONDS) -> None:
        self._pause = pause
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper")

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._ending.wait(pause):
            pause = self._pause
            try:
                queue.put_back()
                end_unread()
            except Error as fault:
                log.warning("nobody looks after what others have left: %s", type(fault.__cause__ or fault).__name__)
            finally:
                connection.close()
