"""The ASGI application of ingest: routes, lifespan, and what every answer has in common."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from time import perf_counter

from rapport.groups.submission import Result
from rapport.ingest import activities, batch, doors, hooks, metrics, records
from rapport.ingest.access_log import AccessLog
from rapport.ingest.auth import Tokens
from rapport.ingest.doors import Doors
from rapport.ingest.forward import Forwarder
from rapport.ingest.hosts import Router
from rapport.ingest.http import Receive, Refusal, Request, Scope, Send, Unavailable, not_allowed
from rapport.ingest.mappings import Configurations
from rapport.ingest.memory import Memory
from rapport.ingest.queue import Queue
from rapport.ingest.rates import Rates
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.ingest.tally import Tally
from rapport.ingest.turns import Turns
from rapport.ingest.writer import Writer
from rapport.process import calm_collector, end_with_parent
from rapport.settings import Settings

log = logging.getLogger("rapport.ingest")

#: Transactions that one worker has under way at most, each another tenant's.
WRITERS = 4
#: Connections for look-ups of tokens and configurations.
READERS = 2


class Service:
    """Everything that one worker holds while it runs."""

    def __init__(self, settings: Settings) -> None:
        #: Look-ups have connections of their own, so that no flood of strangers' tokens holds up a write.
        self.store = Store(settings, READERS)
        self.queue = Queue(self.store)
        turns = Turns()
        self.tally = Tally(self.store, turns)
        self.writer = Writer(Store(settings, WRITERS), self.store, WRITERS, self.tally)
        tokens = Tokens(self.store)
        self.doors = Doors(tokens, Configurations(self.store), self.writer, Rates(self.store), turns)
        self.webhooks = hooks.Webhooks(self.store)
        self.clocks = activities.Clocks(self.store)
        self.router = Router(settings)
        self.access_log = AccessLog(lines=settings.access_log)
        self.memory = Memory()
        self.forwarder = _forwarder(settings, tokens)

    async def stop(self) -> None:
        """Write what is queued, then let go of everything."""
        await self.writer.drain()
        await self.tally.close()
        if self.forwarder is not None:
            await self.forwarder.close()
        self.store.close()
        self.access_log.flush()

    async def answer(self, request: Request, send: Send) -> None:
        """Answer one request. Raises `Refusal`."""
        request.check_head()
        self.router.route(request)
        match request.path.rstrip("/"):
            case "/records":
                await records.put(request, self.doors)
            case "/records/batch":
                await batch.post(request, self.doors)
            case "/activities":
                await activities.put(request, self.doors, self.clocks)
            case path if path.startswith(hooks.PREFIX):
                await hooks.take(request, self.doors, self.webhooks)
            case "/healthz" | "/readyz" | "/metrics" as path:
                await self._observe(request, path)
            case _ if self.forwarder is not None:
                await self.forwarder.pass_on(request, send)
            case _:
                raise Refusal(404, "There is nothing at this address.")

    async def _observe(self, request: Request, path: str) -> None:
        """What balancers and Prometheus ask for."""
        if request.method not in ("GET", "HEAD"):
            raise not_allowed("GET, HEAD", "Nothing can be sent here.")
        if path == "/healthz":
            await request.reply_json(200, {"status": "alive"})
        elif path == "/metrics":
            told = metrics.exposition() + await self.queue.exposition()
            await request.reply(200, told, [(b"content-type", metrics.CONTENT_TYPE)])
        else:
            await self._readiness(request)

    async def _readiness(self, request: Request) -> None:
        if not await self.store.migrated():
            raise Refusal(503, "The database cannot be reached or is not migrated.", [(b"retry-after", b"1")])
        await request.reply_json(200, {"status": "ready"})


def _forwarder(settings: Settings, tokens: Tokens) -> Forwarder | None:
    """The way to the console, where there is one."""
    if settings.console_socket is None:
        return None
    key = settings.secret_key or ""
    return Forwarder(settings.console_socket, tokens, proxies=settings.proxies, secret_key=key)


class Application:
    """ASGI 3: `lifespan` makes the service, `http` uses it."""

    def __init__(self) -> None:
        self._service: Service | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "http":
            await self._http(Request(scope, receive, send), send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, request: Request, send: Send) -> None:
        await self._served(request, self._ready.answer(request, send), perf_counter())

    async def _served(self, request: Request, work: Awaitable[None], started: float) -> None:
        """Do what answers a request; a refusal, or a fault of ours, is its answer."""
        try:
            await work
        except Refusal as refusal:
            await request.refuse(refusal)
        except Exception:
            log.exception("request %s failed", request.id)
            if not request.status:
                await request.refuse(Refusal(500, f"Something went wrong here; tell us the request id {request.id}."))
        self.answered(request, perf_counter() - started)

    @property
    def _ready(self) -> Service:
        assert self._service is not None
        return self._service

    def answered(self, request: Request, seconds: float) -> None:
        """Take note of an answer."""
        self._ready.access_log.note(request, seconds)
        self._ready.memory.used(request.size)

    def plain(self, request: Request) -> tuple[int, Queued] | None:
        """The tenant and the record of a request that need not wait for anything but the commit, else None."""
        service = self._ready
        try:
            request.check_head()
            service.router.route(request)
            return records.plain(request, service.doors) if request.path == "/records" else None
        except Refusal:
            return None

    def enqueue(self, tenant: int, submission: Queued) -> bool:
        """Give a record to the writer; whether it takes it."""
        try:
            self._ready.doors.writer.enqueue(tenant, submission)
        except Unavailable:
            return False
        return True

    async def tell(self, request: Request, submission: Queued, outcome: Result | Exception, started: float) -> None:
        """Answer a plain record that was not written."""
        await self._served(request, doors.refuse(request, submission, outcome), started)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                end_with_parent()
                self._service = Service(Settings.from_environment())
                calm_collector()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._service is not None:
                    await self._service.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


application = Application()
