"""Group commit: whatever queued while the last commit ran is read, decided and written together.

Decision 3 of the architecture. One tenant has one group under way at a time in each process; tenants
take turns on the writer's connections, so that one tenant's flood, lock or fault stalls nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

from asyncpg.pgproto.pgproto import UUID

from rapport.db import tenancy
from rapport.groups.attempt import PART, Attempt, attempt, tries
from rapport.groups.group import Group
from rapport.groups.submission import Result
from rapport.ingest import metrics
from rapport.ingest.http import Unavailable
from rapport.ingest.line import Line
from rapport.ingest.settle import InDoubt, was_written
from rapport.ingest.store import (
    AWAY,
    BAD_DATA,
    CONFLICTS,
    LOST,
    Session,
    Store,
)
from rapport.ingest.submission import Queued
from rapport.ingest.tally import Tally
from rapport.ingest.turns import Turns
from rapport.records.errors import sentence
from rapport.records.receipt import Receipt

log = logging.getLogger("rapport.ingest")


class Writer:
    """Takes submissions, answers each after its commit."""

    def __init__(self, store: Store, lookups: Store, connections: int, tally: Tally | None = None) -> None:
        self._store = store
        #: Counts what was answered.
        self._tally = tally
        #: Of its own: a transaction that is open may not wait for all that callers send.
        self._slices = Turns()
        #: Connections to ask what became of a write; its own may all be waiting for that.
        self._lookups = lookups
        self._lines: dict[int, Line] = {}
        #: Tenants with something to write that nobody is writing for.
        self._turns: deque[int] = deque()
        self._idle = connections
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def submit(self, tenant: int, submission: Queued) -> Result:
        """What became of the submission, once it is durable.

        Raises `Unavailable`: the queue is full or the store is away, nothing was written.
        """
        submission.waiter = waiter = asyncio.get_running_loop().create_future()
        self.enqueue(tenant, submission)
        result: Result = await waiter
        return result

    def enqueue(self, tenant: int, submission: Queued) -> None:
        """Queue a submission that nobody has to wait for. Raises `Unavailable`."""
        if self._closing:
            raise Unavailable("The service is stopping; nothing was written.")
        line = self._lines.get(tenant)
        if line is None:
            line = self._lines[tenant] = Line()
            self._turns.append(tenant)
            self._start()
        elif not line.has_room(submission):
            raise Unavailable("Too many records are waiting; nothing was written.")
        line.add(submission)

    def _start(self) -> None:
        """Put an idle connection to work; where none is, a busy one takes the turn later."""
        if self._idle:
            self._idle -= 1
            self._spawn(self._work())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that draining waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Write what is queued and take nothing more."""
        self._closing = True
        while self._tasks:
            await asyncio.wait(self._tasks)
        self._store.close()

    async def _work(self) -> None:
        """Write for one tenant after the other until nobody waits."""
        try:
            while self._turns:
                tenant = self._turns.popleft()
                line = self._lines[tenant]
                await self._write(tenant, line.take())
                if line.waiting:
                    self._turns.append(tenant)
                else:
                    del self._lines[tenant]
                metrics.queued(sum(line.records for line in self._lines.values()))
        finally:
            self._idle += 1

    async def _write(self, tenant: int, submissions: list[Queued]) -> None:
        """Commit the submissions and answer them; bad data fails only the one that brought it."""
        try:
            group = await self._persist(tenant, submissions)
            results = group.results
        except BAD_DATA as fault:
            log.error("the store refused a value: %s", type(fault).__name__)
            if len(submissions) > 1:
                await self._write_halves(tenant, submissions)
                return
            group, results = None, [_refused_by_store(submissions[0])]
        except InDoubt as doubt:
            self._spawn(self._settle(tenant, submissions, doubt))
            return
        except Unavailable as fault:
            _fail(submissions, fault)
            return
        except Exception:
            log.exception("a group could not be written")
            if len(submissions) > 1:
                await self._write_halves(tenant, submissions)
            else:
                _fail(submissions, Unavailable("Something went wrong here; nothing was written."))
            return
        self._answer(tenant, submissions, results)
        if group and len(results[0].receipts) > PART:
            self._spawn(self._let_go(group))

    async def _let_go(self, group: Group) -> None:
        """Free what a large batch was decided on."""
        for held in group.state.emptied():
            await self._slices.let_go(held)

    async def _write_halves(self, tenant: int, submissions: list[Queued]) -> None:
        """Find the guilty submission, so that only that one fails."""
        half = len(submissions) // 2
        await self._write(tenant, submissions[:half])
        await self._write(tenant, submissions[half:])

    async def _settle(self, tenant: int, submissions: list[Queued], doubt: InDoubt) -> None:
        """Answer a group as soon as it is known what became of it; whoever comes next does not wait for that."""
        try:
            written = await was_written(self._lookups, tenant, doubt.group)
        except Unavailable as fault:
            _fail(submissions, fault)
            return
        if written:
            self._answer(tenant, submissions, doubt.group.results)
        else:
            _fail(submissions, Unavailable())

    def _answer(self, tenant: int, submissions: list[Queued], results: list[Result]) -> None:
        """Tell whoever waits, and count."""
        for submission, result in zip(submissions, results, strict=True):
            if submission.waiter is not None and not submission.waiter.done():
                try:
                    submission.waiter.set_result(result)
                except Exception:  # of one caller's connection: everybody else is answered all the same
                    log.exception("a caller could not be answered")
            if self._tally is not None:
                self._tally.note(tenant, submission, result)

    async def _persist(self, tenant: int, submissions: list[Queued]) -> Group:
        """Read, decide, write; again where somebody else came first. Raises `Unavailable`, `InDoubt`, `BAD_DATA`."""
        for alone in tries():
            try:
                async with self._store.session() as session:
                    started = perf_counter()
                    group = await self._attempt(session, tenant, submissions, alone)
                    metrics.committed(len(submissions), perf_counter() - started)
                    return group
            except CONFLICTS:
                metrics.retried()
            except BAD_DATA:
                raise
            except AWAY as fault:
                log.warning("the store went away: %s", type(fault).__name__)
                raise Unavailable from fault
        raise Unavailable("The same records are being written by too many others; nothing was written.")

    async def _attempt(self, session: Session, tenant: int, submissions: list[Queued], alone: bool) -> Group:
        """One read, one decision, one write. Raises `InDoubt` and what the driver raises."""
        if alone:
            await session.run(*tenancy.alone(tenant))
        group = await self._run(session, tenant, attempt(tenant, submissions, UUID), alone)
        if alone and submissions[0].dry_run:
            await session.run("rollback")
        return group

    async def _run(self, session: Session, tenant: int, steps: Attempt, held: bool) -> Group:
        """Run an attempt's statements, the last of which commits; `held` is a transaction that is open already.

        Raises `InDoubt` and what the driver raises.
        """
        rows: Any = None
        while True:
            try:
                step = steps.send(rows)
            except StopIteration as end:
                group: Group = end.value
                return group
            if step is None:
                await self._slices.next()
                rows = None
                continue
            try:
                if step.part and not held:
                    await session.run(*tenancy.scope(tenant))
                    held = True
                rows = await session.fetch(step.sql, *step.arguments)
                if held and step.writes:
                    await session.run("commit")
            except LOST as fault:
                if step.writes is None:
                    raise
                raise InDoubt(step.writes) from fault


def _refused_by_store(submission: Queued) -> Result:
    """Every record of a submission whose values PostgreSQL could not take."""
    errors = {"record": [sentence("store")]}
    return Result([Receipt("rejected", errors=errors) for _ in submission.records], 422)


def _fail(submissions: list[Queued], fault: Unavailable) -> None:
    for submission in submissions:
        if submission.waiter is not None and not submission.waiter.done():
            submission.waiter.set_exception(fault)
