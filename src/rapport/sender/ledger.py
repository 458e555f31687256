"""The steps of deliveries in PostgreSQL, each a statement that commits with itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from enum import Enum
from typing import Any

import asyncpg

from rapport.db import tenancy
from rapport.settings import Settings

log = logging.getLogger("rapport.sender")

CONNECT_SECONDS = 5
#: Somebody else's transaction came first, and nothing of ours was done.
CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
#: A value, or a rule of the database, that would fail the same way each time; nothing of ours was done.
REFUSALS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.exceptions.PLPGSQLError)
TRIES = 5
#: See `ingest/store.py`: plans are made once, and look up by key.
SESSION = {
    "application_name": "rapport sender",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "cpu_tuple_cost": "10",
    "jit": "off",
}


class LostError(Exception):
    """The database did not answer: nobody knows whether the step was done."""


class RefusedStepError(Exception):
    """The database refused the step and would refuse it again: nothing was done."""


class _Line:
    """A connection, and how many statements it has run."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.statements = connection, 0

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """All rows; with plans made anew each time that the statements have doubled: those of a young table read all
        of it for each key, and sending fills tables faster than the database looks."""
        self.statements += 1
        if not self.statements & (self.statements - 1):
            await self.connection.execute("discard plans")
        rows: Sequence[Any] = await self.connection.fetch(sql, *arguments)
        return rows


class Lane(Enum):
    """What has a connection of its own and waits for no other lane, and seconds of a statement there.

    Steps share one: with four, 500 PUTs a second beside 27,000 mails a minute have a p99 of 160 ms in place of 25, and
    no more mails go out. Making a wave of a million reminders is the longest upkeep.
    """

    STEPS = 30.0
    LEASES = 15.0
    UPKEEP = 600.0


class Ledger:
    """A few connections, made when needed; the sender starts and survives without a database."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url
        self._session = dict(SESSION)
        if role := tenancy.session_role(settings):
            self._session["role"] = role
        self._idle: list[_Line] = []
        self._lanes = {lane: asyncio.Semaphore() for lane in Lane}

    async def fetch(self, sql: str, *arguments: Any, lane: Lane = Lane.STEPS) -> Sequence[Any]:
        """All rows of one statement; again where somebody else came first. Raises `LostError`, `RefusedStepError`."""
        async with self._lanes[lane]:
            for left in reversed(range(TRIES)):
                line = await self._line()
                try:
                    async with asyncio.timeout(lane.value):
                        rows = await line.fetch(sql, arguments)
                except CONFLICTS as fault:
                    self._idle.append(line)
                    if not left:
                        raise LostError(type(fault).__name__) from fault
                except REFUSALS as fault:
                    self._idle.append(line)
                    raise RefusedStepError(type(fault).__name__) from fault
                except BaseException as fault:
                    line.connection.terminate()
                    if isinstance(fault, AWAY):
                        raise LostError(type(fault).__name__) from fault
                    raise
                else:
                    self._idle.append(line)
                    return rows
            raise AssertionError

    def close(self) -> None:
        """Drops every connection that nobody uses."""
        while self._idle:
            self._idle.pop().connection.terminate()

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if not line.connection.is_closed():
                return line
        try:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, server_settings=self._session)
            (role,) = await connection.fetch(tenancy.ROLE_CHECK)
        except AWAY as fault:
            raise LostError(type(fault).__name__) from fault
        tenancy.judge_role(*role)
        return _Line(connection)
