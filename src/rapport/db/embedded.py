"""The PostgreSQL that runs when no database URL is given: made, started, adopted and stopped here.

One server per data directory, reached by a Unix socket only, with passwords of its own. It runs in its own session and
outlives whoever started it; the next start adopts it. Every process that uses it holds a shared lock in the data
directory, and whoever lets go last stops it: a command run beside the service leaves it alone, and a killed service
leaves nothing to clean up.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from rapport.db.claim import Claim
from rapport.db.postmaster import Postmaster, configuration
from rapport.db.residence import EmbeddedError, Residence, last_line, private

__all__ = ["Embedded", "EmbeddedError", "Urls"]

DATABASE = "rapport"
ROLES = ("rapport_owner", "rapport_app")

#: Longest path of a socket's directory: 107 bytes less "/.s.PGSQL.5432".
SOCKET_DIRECTORY_LIMIT = 93

#: Crash recovery replays at most eight gigabytes of log (max_wal_size); slow disks need minutes for it.
PATIENCE = 900.0


@dataclass(frozen=True)
class Urls:
    """How to reach the database as each role."""

    app: str = field(repr=False)
    owner: str = field(repr=False)
    #: For tests and measurements; no part of the service connects as the superuser.
    superuser: str = field(repr=False)


class Embedded:
    """The embedded PostgreSQL of one data directory.

    `extra` are settings of PostgreSQL put behind ours when the server is started; tests turn `fsync` off this way.
    """

    def __init__(self, data_dir: Path, *, extra: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._extra = dict(extra or {})
        self._claim = Claim(data_dir)

    def exists(self) -> bool:
        """Tell whether this data directory has a database. Raises `EmbeddedError`."""
        with self._in_one_sentence():
            return self._claim.state is not None

    def start(self) -> Urls:
        """Make, start, adopt or revive the server and return how to reach it. Raises `EmbeddedError`."""
        with self._in_one_sentence():
            self._claim.prepare()
            with self._claim.alone():
                self._claim.share()
                residence = Residence.of(self.data_dir)
                postmaster = Postmaster(residence)
                self._ensure_data(residence, postmaster)
                if not self._adopt(postmaster):
                    self._launch(residence, postmaster)
                return self._furnished(postmaster)

    def stop(self) -> bool:
        """Let go of the server, stop it when nobody else uses it, tell whether that was so. Raises `EmbeddedError`."""
        if not self._claim.held:
            return False
        with self._in_one_sentence(), self._claim.alone():
            if not self._claim.release():
                return False
            Postmaster(Residence.of(self.data_dir)).stop()
            return True

    def running(self) -> bool:
        """Tell whether the server's main process is there."""
        with self._in_one_sentence():
            return Postmaster(Residence.of(self.data_dir)).process() is not None

    def remove(self) -> None:
        """Stop the server and delete its data. Raises `EmbeddedError` while another process uses it."""
        with self._in_one_sentence():
            self._claim.prepare()
            self._claim.share()
            if not self.stop():
                raise EmbeddedError(f"The database of {self.data_dir} is in use.")
            shutil.rmtree(Residence.of(self.data_dir).home)
            shutil.rmtree(self._claim.directory, ignore_errors=True)

    def _ensure_data(self, residence: Residence, postmaster: Postmaster) -> None:
        state = self._claim.state
        if state is None:
            if postmaster.data.exists():  # the data directory was removed and made anew: a new database is wanted
                postmaster.stop()
                postmaster.data.rename(postmaster.data.with_name(f"data-until-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
            state = self._claim.begin(residence.home)
        elif state.complete and not postmaster.data.exists():
            raise EmbeddedError(
                f"The database of {self.data_dir} was in {state.home / 'data'} and is not in {postmaster.data}:"
                f" move it there, or delete {self._claim.file} to begin with an empty one."
            )
        if not postmaster.data.exists():
            postmaster.initialise(state.passwords["postgres"], durable=self._extra.get("fsync") != "off")
        if not state.complete or state.home != residence.home:
            self._claim.keep(complete=True, home=residence.home)

    def _adopt(self, postmaster: Postmaster) -> bool:
        """Tell whether a server runs that accepts connections, after waiting for one that starts or stops."""
        deadline = time.monotonic() + PATIENCE
        while (process := postmaster.process()) is not None:
            try:
                psycopg.connect(self._urls(process.socket_directory).superuser, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise EmbeddedError(f"The passwords in {self._claim.file} are not those of the database.") from None
                if process.ready and not process.socket_directory.exists():  # a cleaner took it; nobody can connect
                    postmaster.stop()
                elif time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL does not answer: {last_line(str(error))}.") from None
                time.sleep(0.05)
            else:
                return True
        return False

    def _launch(self, residence: Residence, postmaster: Postmaster) -> None:
        free = shutil.disk_usage(residence.home).free
        postmaster.start(configuration(self._socket_directory(residence), self._extra, free=free), patience=PATIENCE)

    def _socket_directory(self, residence: Residence) -> Path:
        """Return a directory short enough for a socket's path that only the account may enter."""
        preferred = residence.home / "run"
        if len(os.fsencode(preferred)) <= SOCKET_DIRECTORY_LIMIT:
            residence.run("mkdir", str(preferred))
            return preferred
        state = self._claim.state
        recorded = state.socket_directory if state else None
        if recorded is None or not recorded.exists() or not private(recorded, residence.uid):
            recorded = Path(tempfile.mkdtemp(prefix="rapport-"))
            self._claim.keep(socket_directory=recorded)
        if len(os.fsencode(recorded)) > SOCKET_DIRECTORY_LIMIT:
            raise EmbeddedError(f"{recorded} is too long for a Unix socket's path: set TMPDIR to a short directory.")
        return recorded

    def _furnished(self, postmaster: Postmaster) -> Urls:
        """Make the roles and the database when they are missing."""
        process = postmaster.process()
        state = self._claim.state
        if process is None or state is None:
            raise EmbeddedError(f"PostgreSQL ended as soon as it had started; see {postmaster.log}.")
        urls = self._urls(process.socket_directory)
        with psycopg.connect(urls.superuser, autocommit=True, connect_timeout=30) as connection:
            there = {name for (name,) in connection.execute("select rolname from pg_roles")}
            for role in ROLES:
                if role not in there:
                    connection.execute(
                        sql.SQL("create role {} login password {}").format(
                            sql.Identifier(role), sql.Literal(state.passwords[role])
                        )
                    )
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLES[0]))
                )
        return urls

    def _urls(self, socket_directory: Path) -> Urls:
        state = self._claim.state
        assert state is not None
        host = quote(str(socket_directory), safe="")

        def url(role: str, database: str) -> str:
            return f"postgresql://{role}:{state.passwords[role]}@/{database}?host={host}"

        return Urls(
            app=url("rapport_app", DATABASE),
            owner=url("rapport_owner", DATABASE),
            superuser=url("postgres", "postgres"),
        )

    @contextmanager
    def _in_one_sentence(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or self.data_dir
            raise EmbeddedError(f"The embedded PostgreSQL cannot use {where}: {error.strerror}.") from error
        except psycopg.Error as error:
            raise EmbeddedError(f"The embedded PostgreSQL refused: {last_line(str(error))}.") from error
