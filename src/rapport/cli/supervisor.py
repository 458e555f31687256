"""Runs everything for one origin: PostgreSQL where none is given, then ingest, the console and the worker.

Before the service is ready, a part that ends stops the start with status 1. Afterwards it is started again, after a
second at first and at most half a minute when it keeps ending: callers get 503 meanwhile, and nobody has to come.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import logging.config
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from rapport.cli.port import listening_address
from rapport.cli.server import surroundings, with_secret_key
from rapport.cli.welcome import welcome
from rapport.db.embedded import Embedded, EmbeddedError
from rapport.process import SUPERVISOR, logging_configuration
from rapport.settings import Settings

#: One address of ingest and one of the console.
READY_PATHS = ("/readyz", "/.well-known/oauth-authorization-server")

log = logging.getLogger("rapport.supervisor")

#: Seconds from the first process to the first answer.
START = 60.0
#: Seconds for ingest to answer what it has accepted, after which it is killed.
DRAIN = 30.0
#: Seconds before a part that ended is started again: the first time, and at most.
DELAY, LONGEST_DELAY = 1.0, 30.0
#: Ingest goes first, so that the console still answers what ingest has forwarded to it.
PARTS = {"ingest": ("serve", "ingest"), "console": ("serve", "console"), "worker": ("worker",), "sender": ("sender",)}


class Supervisor:
    """One run of the service; `run` returns when it was told to stop and everything has ended."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedded = None if settings.database_url else Embedded(settings.data_dir)
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises `click.ClickException` and `EmbeddedError` when it cannot start."""
        logging.config.dictConfig(logging_configuration(self._settings.log_level))
        listening_address(self._settings)
        with tempfile.TemporaryDirectory(prefix="rapport-") as private:
            serving = asyncio.ensure_future(self._serve(Path(private) / "console.sock"))
            _on_signals(serving.cancel)
            try:
                await serving
            except asyncio.CancelledError:
                log.info("Stopping.")
            finally:
                _on_signals(lambda: log.info("Already stopping."))
                await self._stop()

    async def _serve(self, socket: Path) -> None:
        await self._settle(socket)
        await self._start("console")  # needs no table to start
        first_run = await self._prepared()
        await self._start("ingest")
        await self._start("worker")
        await self._start("sender")
        await self._until_ready()
        click.echo(welcome(self._settings, first_run))
        await asyncio.gather(*map(self._keep, PARTS), self._keep_database())

    async def _settle(self, socket: Path) -> None:
        """Complete the settings with what is made here."""
        settings = self._settings
        if self._embedded:
            urls = await asyncio.to_thread(self._embedded.start)
            settings = replace(settings, database_url=urls.app, owner_database_url=urls.owner)
        self._settings = replace(settings, secret_key=with_secret_key(settings), console_socket=socket)

    async def _prepared(self) -> Mapping[str, str] | None:
        """Bring the database up to date in a process of its own; return what a first run has made."""
        process = await self._spawn("serve", "prepare", stdout=asyncio.subprocess.PIPE)
        self._processes["prepare"] = process
        output, _ = await process.communicate()
        if process.returncode:  # it has said why
            raise click.exceptions.Exit(1)
        made: dict[str, str] | None = json.loads(output)
        return made

    async def _start(self, part: str) -> None:
        self._processes[part] = await self._spawn(*PARTS[part])

    async def _spawn(self, *arguments: str, stdout: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rapport",
            *arguments,
            stdout=stdout,
            stdin=asyncio.subprocess.DEVNULL,
            env=surroundings(self._settings) | {SUPERVISOR: str(os.getpid())},
            start_new_session=True,  # Ctrl-C is for us alone; we stop the parts in order
        )

    async def _until_ready(self) -> None:
        """Wait for the first good answers of ingest and console.

        Raises `click.ClickException` when a part ends or time is up.
        """
        tasks = {part: asyncio.ensure_future(self._processes[part].wait()) for part in PARTS}
        ready = asyncio.ensure_future(self._ready())
        try:
            await asyncio.wait([ready, *tasks.values()], timeout=START, return_when=asyncio.FIRST_COMPLETED)
            ended = [f"the part '{part}' ended" for part, task in tasks.items() if task.done()]
        finally:
            for task in (ready, *tasks.values()):
                task.cancel()
        if ended or not ready.done():
            reason = ended[0] if ended else f"it was not ready after {START:.0f} seconds"
            raise click.ClickException(f"Rapport did not start: {reason}; the lines above say why.")

    async def _ready(self) -> None:
        host = self._settings.reachable_host
        while True:
            if await asyncio.to_thread(_answers, host, self._settings.port):
                return
            await asyncio.sleep(0.05)

    async def _keep(self, part: str) -> None:
        """Start a part again whenever it ends."""
        clock, delay = asyncio.get_running_loop().time, DELAY / 2
        while True:
            since = clock()
            status = await self._processes[part].wait()
            delay = DELAY if clock() - since > LONGEST_DELAY else min(delay * 2, LONGEST_DELAY)
            log.error("The part '%s' ended with status %s; starting it again in %.0f s.", part, status, delay)
            await asyncio.sleep(delay)
            await self._start(part)

    async def _keep_database(self) -> None:
        """Start the embedded PostgreSQL again whenever it ends."""
        while self._embedded:
            await asyncio.sleep(DELAY)
            try:
                if not await asyncio.to_thread(self._embedded.running):
                    log.error("PostgreSQL ended; starting it again.")
                    await asyncio.to_thread(self._embedded.start)
            except EmbeddedError as error:
                log.error("%s", error)

    async def _stop(self) -> None:
        await self._end("ingest")
        await asyncio.gather(*map(self._end, list(self._processes)))
        if self._embedded:
            await asyncio.to_thread(self._embedded.stop)

    async def _end(self, part: str) -> None:
        process = self._processes.pop(part, None)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), DRAIN)
        except TimeoutError:
            log.error("The part '%s' did not end in %.0f s and was killed.", part, DRAIN)
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _on_signals(act: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, act)


def _answers(host: str, port: int) -> bool:
    """Whether ingest is ready, and the console behind it, which hands out tokens."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        for path in READY_PATHS:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                return False
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
