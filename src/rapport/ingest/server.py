"""uvicorn's server, which ends connections on which nothing comes."""

from __future__ import annotations

import asyncio

import uvicorn

from rapport.ingest.connection import Connection


class Server(uvicorn.Server):
    """One worker's."""

    async def on_tick(self, counter: int) -> bool:
        """Once a second, look for callers who keep us waiting; ten times, whether to stop."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, Connection) and connection.due is not None and connection.due < now:
                    connection.expire()
        return await super().on_tick(counter)
