"""Connections to PostgreSQL, and the difference between "it is away" and "it says no"."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from rapport.db import tenancy
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
#: The database is away, full, shutting down or not migrated: nobody's record is at fault.
AWAY = (OSError, asyncio.TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

CONNECT_SECONDS = 5
COMMAND_SECONDS = 30

#: Plans of the hot path are made once: look-ups by key, whatever the statistics say of a young table.
SESSION = {
    "application_name": "rapport ingest",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


async def _check(connection: Any) -> None:
    """Refuse a role that row-level security does not bind. Raises `tenancy.UnsafeRole`."""
    row = await connection.fetchrow(tenancy.ROLE_CHECK)
    tenancy.judge_role(*row)


async def _keep(connection: Any) -> None:
    """No reset between uses: every use opens and ends its own transaction."""


class Store:
    """A pool that connects when asked, so that the service starts and survives without a database."""

    def __init__(self, settings: Settings, connections: int) -> None:
        session = dict(SESSION)
        role = tenancy.session_role(settings)
        if role is not None:
            session["role"] = role
        self._pool: asyncpg.Pool[Any] = asyncpg.create_pool(
            settings.database_url,
            min_size=0,
            max_size=connections,
            init=_check,
            reset=_keep,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=0,
            max_cached_statement_lifetime=0,
            server_settings=session,
        )

    async def open(self) -> None:
        """Make the pool ready; connects to nothing yet."""
        await self._pool

    async def close(self) -> None:
        """Give every connection back; those still busy are cut after a moment."""
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_SECONDS)
        except asyncio.TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """One connection, given back with no transaction open. Raises `Unavailable`."""
        try:
            connection = await self._pool.acquire(timeout=CONNECT_SECONDS)
        except tenancy.UnsafeRole as fault:
            log.error("refused to work: %s", fault)
            raise Unavailable from fault
        except AWAY as fault:
            log.warning("no connection to the store: %s", type(fault).__name__)
            raise Unavailable from fault
        try:
            yield connection
        finally:
            if connection.is_in_transaction():
                await _roll_back(connection)
            await self._pool.release(connection)

    async def fetchrow(self, tenant: int, sql: str, *arguments: Any) -> Any:
        """One row read inside the tenant's scope. Raises `Unavailable`."""
        async with self.connection() as connection:
            try:
                await connection.execute(tenancy.scope(tenant))
                row = await connection.fetchrow(sql, tenant, *arguments)
                await connection.execute("commit")
                return row
            except AWAY as fault:
                log.warning("a look-up failed: %s", type(fault).__name__)
                raise Unavailable from fault

    async def migrated(self) -> bool:
        """Whether the database can be reached and holds our tables."""
        try:
            async with self.connection() as connection:
                return bool(await connection.fetchval("select to_regclass('requests') is not null"))
        except (Unavailable, *AWAY):
            return False


async def _roll_back(connection: Any) -> None:
    """End a failed transaction; a connection that cannot even do that is cut."""
    try:
        await connection.execute("rollback")
    except AWAY:
        connection.terminate()
