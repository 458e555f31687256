"""What every process of the service does for its family: end with its parent, and log in one form."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

#: The supervisor's process id, in the environment of its children.
SUPERVISOR = "RAPPORT_SUPERVISOR"

#: How much later than ingest the console and the worker get their turn, of at most 19.
NICENESS = 10

#: Objects allocated and not freed before the collector looks for cycles.
COLLECT_AFTER = 10_000

#: Seconds between looks at the parent; the next start waits three seconds for the port.
INTERVAL = 0.5
#: Seconds that an orphan may drain before it is ended all the same.
PATIENCE = 30.0

#: Paths whose rest is a secret; and credentials, since under another host a path may leave its beginning out.
_SECRET = re.compile(r"/(hooks|sign-in-link|reset|invitation)/[^?\s]+|(?<=/[aut]/)[0-9A-Za-z]{40,}")
_CREDENTIAL = re.compile(r"\br[a-z]_[0-9a-z]{1,6}_[A-Za-z0-9_-]{43}")


def redacted(text: str) -> str:
    """A path or a sentence for the log, without the secrets that some paths hold."""
    return _CREDENTIAL.sub("…", _SECRET.sub(lambda found: f"/{found[1]}/…" if found[1] else "…", text))


def step_aside() -> None:
    """Let ingest have the processor first: for the parts of the service that run beside it."""
    os.nice(NICENESS)


def calm_collector() -> None:
    """Look for cycles rarely, once everything is loaded: records make none, and searching for them took a tenth of the
    time of ingest, and a fifth of an import's.

    Among all that is alive most rarely: amid a large batch that takes 80 ms, in which nobody is answered, and among
    what is new 1 ms for each 10,000 objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 5, 2_000)


def end_with_parent() -> None:
    """Send this process SIGTERM once the process that started it is gone, so that no orphan holds the port.

    For a worker that is Granian's main process, for a child of the supervisor the supervisor; a process that a person
    or an init system started is left alone.
    """
    starter = multiprocessing.parent_process()
    named = os.environ.get(SUPERVISOR, "")
    if starter is not None and starter.pid is not None:
        parent = starter.pid
    elif named.isdigit():
        parent = int(named)
    else:
        return
    threading.Thread(target=_watch, args=(parent,), name="end-with-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


class Formatter(JsonFormatter):
    """Lines of JSON: `time`, `level`, `logger`, `message`, then what else there is, in every process alike.

    Of an exception they tell what it is and where it came from: its text may hold somebody's data.
    """

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """A line with its parts in one order."""
        first = {name: log_data.pop(name) for name in ("time", "level", "logger", "message") if name in log_data}
        first |= {"level": str(first["level"]).lower()} if "level" in first else {}
        return super().process_log_record(first | log_data)

    def formatException(  # noqa: N802 (logging's name)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The exception and what it came from, the first one first, each with its stack and without its text."""
        chain: list[str] = []
        fault = ei[1]
        while fault is not None:
            chain.append("".join((*traceback.format_tb(fault.__traceback__), type(fault).__qualname__)))
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\n\n".join(reversed(chain))


@contextmanager
def part(name: str, where: str = "") -> Iterator[None]:
    """Log a line as a part of the service starts, with its address where it has one, and another as it ends."""
    log = logging.getLogger(f"rapport.{name}")
    log.info("The part '%s' starts%s.", name, f" on {where}" if where else "")
    try:
        yield
    finally:
        log.info("The part '%s' has ended.", name)


def logging_configuration(level: str) -> dict[str, Any]:
    """Return a configuration for `logging.config.dictConfig`: each line on standard error is one JSON object."""
    json = {
        "()": "rapport.process.Formatter",
        "fmt": "{levelname}{name}{message}",
        "style": "{",
        "timestamp": "time",
        "rename_fields": {"levelname": "level", "name": "logger"},
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        # Granian insists on a logger of its own, and sets its level; everything else goes through the root.
        "loggers": {
            "_granian": {"handlers": [], "propagate": True},
            # Below this they repeat addresses with their queries, arguments of jobs, and each poll of the queue.
            **{name: {"level": "WARNING"} for name in ("uvicorn", "httpx2", "httpcore2", "procrastinate", "psycopg")},
        },
    }
