"""Connections to PostgreSQL, and the difference between "it is away" and "it says no"."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from rapport.db import bounds, plans, tenancy
from rapport.ingest.http import Unavailable
from rapport.settings import Settings

log = logging.getLogger("rapport.ingest")

#: Somebody else's transaction came first: read again and repeat.
CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.UniqueViolationError,
)
#: The value itself cannot be stored.
BAD_DATA = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
#: The connection broke while a statement was under way: nobody knows what became of it. The server's last word to a
#: process that had stopped (`db.bounds`) finds the driver between two statements, for which it has no other name than
#: `InternalClientError`.
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.InternalClientError,
)
#: The database is away, full, shutting down or not migrated: nobody's record is at fault.
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

CONNECT_SECONDS = 5
#: Longest that one statement may take before its connection is given up.
STATEMENT_SECONDS = 30


def opening(tenant: int) -> tuple[str, ...]:
    """Open a transaction of one tenant for statements that stand alone, in two round trips."""
    begin, scope = tenancy.scope(tenant)
    return f"{begin}; {plans.LOCAL}", scope


class Session:
    """One connection and the statements prepared on it.

    A statement without an answer in time cuts it: the driver still thinks well of a line that leads nowhere.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: dict[str, Any] = {}

    @property
    def usable(self) -> bool:
        """Whether it is connected and between transactions."""
        return not (self._connection.is_closed() or self._connection.is_in_transaction())

    async def run(self, *statements: str) -> None:
        """Run literal statements, one after the other."""
        try:
            for sql in statements:
                async with asyncio.timeout(STATEMENT_SECONDS):
                    await self._connection.execute(sql)
        except TimeoutError:
            self.cut()
            raise

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        """All rows of a statement that is prepared at its first use."""
        prepared = self._prepared.get(sql)
        try:
            async with asyncio.timeout(STATEMENT_SECONDS):
                if prepared is None:
                    prepared = self._prepared[sql] = await self._connection.prepare(sql)
                return await prepared.fetch(*arguments)
        except TimeoutError:
            self.cut()
            raise

    async def roll_back(self) -> None:
        """End a failed transaction; a connection that cannot even do that is cut."""
        try:
            await self._connection.execute("rollback", timeout=CONNECT_SECONDS)
        except AWAY:
            self.cut()

    def cut(self) -> None:
        """Drop the connection at once."""
        self._connection.terminate()


class Store:
    """Up to so many connections, made when needed: the service starts and survives without a database.

    Not the driver's pool: that forgets prepared statements at each release.
    """

    def __init__(self, settings: Settings, connections: int) -> None:
        self._url = settings.database_url
        #: Start-up parameters. A pooler refuses most of them, so there are no more where the role signs in itself.
        self._session = {"application_name": "rapport ingest"}
        role = tenancy.session_role(settings)
        if role is not None:
            self._session |= {"role": role, **bounds.SESSION}
        self._idle: list[Session] = []
        self._free = asyncio.Semaphore(connections)

    def close(self) -> None:
        """Drop every connection that nobody uses."""
        while self._idle:
            self._idle.pop().cut()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """One connection, left with no transaction open. Raises `Unavailable`."""
        async with self._free:
            session = await self._acquire()
            try:
                yield session
            except BaseException:
                if not session.usable:
                    await session.roll_back()
                raise
            finally:
                if session.usable:
                    self._idle.append(session)
                else:
                    session.cut()

    async def _acquire(self) -> Session:
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                return session
        try:
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, server_settings=self._session)
        except AWAY as fault:
            log.warning("no connection to the store: %s", type(fault).__name__)
            raise Unavailable from fault
        try:
            (role,) = await connection.fetch(tenancy.ROLE_CHECK)
            tenancy.judge_role(*role)
        except tenancy.UnsafeRole as fault:
            log.error("refused to work: %s", fault)
            connection.terminate()
            raise Unavailable from fault
        return Session(connection)

    async def fetchrow(self, tenant: int, sql: str, *arguments: Any) -> Any:
        """The first row read inside the tenant's scope, None without one. Raises `Unavailable`."""
        async with self.session() as session:
            try:
                await session.run(*opening(tenant))
                rows = await session.fetch(sql, tenant, *arguments)
                await session.run("commit")
            except AWAY as fault:
                log.warning("a look-up failed: %s", type(fault).__name__)
                raise Unavailable from fault
            return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """One value that belongs to no tenant. Raises `Unavailable`."""
        async with self.session() as session:
            try:
                return (await session.fetch(sql, *arguments))[0][0]
            except AWAY as fault:
                raise Unavailable from fault

    async def migrated(self) -> bool:
        """Whether the database can be reached and holds our tables."""
        try:
            return bool(await self.fetchval("select to_regproc('count_records_1') is not null"))
        except Unavailable:
            return False
