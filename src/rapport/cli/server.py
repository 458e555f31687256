"""Runs ingest under uvicorn and the console under Granian, each as one main process with its workers."""

from __future__ import annotations

import logging.config
import os
import secrets
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from rapport.cli import workers
from rapport.cli.port import listening_address
from rapport.process import SUPERVISOR, end_with_parent, logging_configuration, part, step_aside
from rapport.settings import PREFIX, Settings

#: A 32 KiB address and as much again of headers and escapes.
REQUEST_HEAD = 128 * 1024
#: Connections that wait for, and that are served by, one worker. Idle keep-alive connections count.
BACKLOG, CONNECTIONS = workers.BACKLOG, workers.CONNECTIONS
#: A console worker's threads; each has a database connection.
CONSOLE_THREADS = 4


def run_ingest(settings: Settings) -> None:
    """Serve ingest on the public port until told to stop."""
    with tempfile.TemporaryDirectory(prefix="rapport-metrics-") as shared:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared  # where the workers add their figures up
        _settle(settings)
        logging.config.dictConfig(logging_configuration(settings.log_level))
        address = listening_address(settings)
        with part("ingest", settings.local_origin):
            workers.run(settings, address)


def run_console(settings: Settings, processes: int) -> None:
    """Serve the console until told to stop: on its Unix socket where one is set, else on the public port."""
    where: dict[str, Any] = {"address": settings.host, "port": settings.port}
    logging.config.dictConfig(logging_configuration(settings.log_level))
    if settings.console_socket:
        step_aside()  # ingest runs on the same machine
        with suppress(FileNotFoundError):
            settings.console_socket.unlink()  # of a predecessor that was killed
        where = {"uds": settings.console_socket, "uds_permissions": 0o600}
    else:
        where["address"] = listening_address(settings)
    with part("console", str(settings.console_socket or settings.local_origin)):
        _run(
            settings,
            "rapport.console.wsgi:application",
            interface=Interfaces.WSGI,
            workers=processes,
            blocking_threads=CONSOLE_THREADS,
            backpressure=CONNECTIONS,
            **where,
        )


def with_secret_key(settings: Settings) -> str:
    """Return the secret key of `settings`, or else the one kept in the data directory, made when missing.

    Raises `click.ClickException`.
    """
    if settings.secret_key:
        return settings.secret_key
    try:
        return _kept_key(settings.data_dir)
    except OSError as error:
        reason = f"cannot be kept in {settings.data_dir}: {error.strerror}"
        raise click.ClickException(f"The secret key {reason}; set RAPPORT_SECRET_KEY or RAPPORT_DATA_DIR.") from None


def _kept_key(data_dir: Path) -> str:
    file = data_dir / "secret_key"
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f"secret_key.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as new:
        new.write(secrets.token_urlsafe(48))
    with suppress(FileExistsError):  # another process was faster
        os.link(draft, file)
    draft.unlink()
    return file.read_text(encoding="ascii").strip()


def surroundings(settings: Settings) -> dict[str, str]:
    """Return this process's environment with exactly `settings` in it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == SUPERVISOR}
    return others | settings.environment()


def _settle(settings: Settings) -> None:
    """Let workers read these settings from their environment, and end with whoever started us."""
    end_with_parent()
    environment = surroundings(settings)
    os.environ.clear()
    os.environ.update(environment)


def _run(settings: Settings, target: str, **options: Any) -> None:
    _settle(settings)
    os.register_at_fork(after_in_child=_end_when_told)
    Granian(
        target,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=REQUEST_HEAD),
        websockets=False,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        # On level info Granian tells of each worker's coming and going.
        log_level=LogLevels.warning if settings.log_level == "info" else LogLevels(settings.log_level),
        log_dictconfig=logging_configuration(settings.log_level),
        log_access=False,
        **options,
    ).serve()


def _end_when_told() -> None:
    """Undo the main process's handlers in a new worker: until it has its own, they would swallow the signal to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
