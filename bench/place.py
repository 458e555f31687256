"""A service on a database of its own, with so many contacts in it, for what measures it.

Of the measured commit this needs its commands, its addresses, its tables and where its PostgreSQL is: whatever else
moves, two commits can be measured by one script.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import seed

from rapport.db.embedded import DATABASE, Embedded, Urls

#: Ingest workers.
WORKERS = 2
#: Seconds for the service to answer what it has taken, and to end.
PATIENCE = 60


@dataclass(frozen=True)
class Place:
    """A running service: `rapport serve`, which starts ingest, the console and the worker."""

    address: str
    token: str
    tenant: int
    contacts: int
    #: Address of the database, as the superuser.
    database: str
    #: Main process.
    pid: int
    #: From which the service, and a process like it, reads its settings.
    environment: Mapping[str, str]


@contextmanager
def running(contacts: int, more: Mapping[str, str] = {}) -> Iterator[Place]:
    """The service with so many contacts, their ledger and `more` settings, for as long as the block lasts."""
    data_dir = Path(tempfile.mkdtemp(prefix="rapport-bench-"))
    embedded = Embedded(data_dir)
    try:
        urls = embedded.start()
        environment, port = _environment(data_dir, urls)
        environment |= more
        database = urls.superuser.replace("/postgres?", f"/{DATABASE}?")
        tenant, app = _furnish(environment, database, contacts)
        with _serving(environment, data_dir / "log") as pid:
            address = f"http://127.0.0.1:{port}"
            yield Place(address, token(address, app), tenant, contacts, database, pid, environment)
    finally:
        embedded.stop()
        embedded.remove()
        shutil.rmtree(data_dir, ignore_errors=True)


def _environment(data_dir: Path, urls: Urls) -> tuple[dict[str, str], int]:
    """The settings of a service on a free port, and that port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    others = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    return others | {
        "RAPPORT_DATABASE_URL": urls.app,
        "RAPPORT_OWNER_DATABASE_URL": urls.owner,
        "RAPPORT_DATA_DIR": str(data_dir),
        "RAPPORT_SECRET_KEY": "b" * 48,
        "RAPPORT_PORT": str(port),
        "RAPPORT_WORKERS": str(WORKERS),
        "RAPPORT_ACCESS_LOG": "on",
    }, port


def _furnish(environment: Mapping[str, str], database: str, contacts: int) -> tuple[int, Mapping[str, str]]:
    """A tenant with an app and so many contacts: its id and the app's credentials."""
    slug = f"bench-{time.time_ns()}"
    rapport(environment, "migrate")
    rapport(environment, "tenant", "create", slug)
    app: dict[str, str] = json.loads(rapport(environment, "app", "create", "bench", "--tenant", slug, "--json"))
    with psycopg.connect(database, autocommit=True) as superuser:
        found = superuser.execute("select id from tenants where slug = %s", [slug]).fetchone()
        assert found is not None
        seed.fill(superuser, found[0], contacts)
    return found[0], app


def rapport(environment: Mapping[str, str], *words: str) -> str:
    """What a command of the measured commit prints."""
    return subprocess.check_output([sys.executable, "-m", "rapport", *words], env=environment, text=True)


@contextmanager
def _serving(environment: Mapping[str, str], log: Path) -> Iterator[int]:
    """`rapport serve`, with its JSON log going to a file as in production; yields its process id."""
    command = [sys.executable, "-m", "rapport", "serve"]
    with log.open("wb") as file:
        process: subprocess.Popen[Any] = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=file)
    with process:
        try:
            if process.stdout is None or not process.stdout.readline():  # it says a line when it is ready
                sys.exit(f"The service did not start:\n{log.read_text()}")
            yield process.pid
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def token(address: str, app: Mapping[str, str]) -> str:
    """An access token; it holds for an hour."""
    answer = httpx2.post(f"{address}/oauth2/token", data={"grant_type": "client_credentials", **app})
    told: str = answer.raise_for_status().json()["access_token"]
    return told
