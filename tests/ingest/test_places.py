"""Places for files are shared: no system has all of them, and what trickles gives its own to who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from rapport.ingest import places
from rapport.ingest.places import Place, Places
from rapport.ingest.refusals import Refusal


def among(act: Callable[[Places], Awaitable[None]]) -> None:
    """Do it with places of its own."""

    async def run() -> None:
        await act(Places())

    asyncio.run(run())


class File:
    """A file that is being sent, until it is told to end."""

    def __init__(self, held: Places, system: Any, size: int = 0) -> None:
        self.end, self.begun = asyncio.Event(), asyncio.Event()
        self.place: Place | None = None
        self.task = asyncio.create_task(self._send(held, system, size))

    async def _send(self, held: Places, system: Any, size: int) -> None:
        try:
            async with held.one(system) as self.place:
                self.place.came(size)
                self.begun.set()
                await self.end.wait()
        finally:
            self.begun.set()

    async def status(self) -> int:
        """What became of it."""
        self.end.set()
        try:
            await self.task
        except Refusal as refused:
            return refused.status
        return 201


async def sending(held: Places, system: Any, size: int = 0) -> File:
    """A file that has a place, or has been refused."""
    file = File(held, system, size)
    await file.begun.wait()
    return file


def test_one_system_never_has_all_places() -> None:
    async def act(held: Places) -> None:
        first, second = await sending(held, 1), await sending(held, 1)
        assert await second.status() == 503
        other = await sending(held, 2)
        third = await sending(held, 3)
        assert [await each.status() for each in (third, other, first)] == [503, 201, 201]
        assert held.held == set()
        assert await (await sending(held, 1)).status() == 201

    among(act)


def test_what_trickles_gives_its_place_to_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "TRICKLES", (0.0, 1024 * 1024 * 1024))

    async def act(held: Places) -> None:
        slowest, slow = await sending(held, 1, size=1), await sending(held, 2, size=10_000_000)
        newcomer = await sending(held, 3)
        assert slowest.task.done()
        assert await slowest.status() == 503
        assert [await newcomer.status(), await slow.status()] == [201, 201]

    among(act)


def test_a_file_that_is_whole_or_quick_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "TRICKLES", (0.0, 1024))

    async def act(held: Places) -> None:
        whole, quick = await sending(held, 1), await sending(held, 2, size=10**12)
        assert whole.place is not None
        whole.place.whole = True
        assert await (await sending(held, 3)).status() == 503
        assert [await whole.status(), await quick.status()] == [201, 201]

    among(act)


def test_who_is_cancelled_by_somebody_else_stays_cancelled() -> None:
    async def act(held: Places) -> None:
        file = await sending(held, 1)
        file.task.cancel()
        with suppress(asyncio.CancelledError):
            await file.task
        assert file.task.cancelled()
        assert held.held == set()

    among(act)


@pytest.mark.parametrize("others", [0, 1])
def test_no_file_is_given_up_for_another_one_of_its_system(monkeypatch: pytest.MonkeyPatch, others: int) -> None:
    """Two that are tried again and again would end each other for ever."""
    monkeypatch.setattr(places, "TRICKLES", (0.0, 1024))

    async def act(held: Places) -> None:
        slow, *rest, again = [await sending(held, system) for system in (1, *range(2, 2 + others), 1)]
        assert await again.status() == 503
        assert [await each.status() for each in (slow, *rest)] == [201] * (1 + others)

    among(act)


def test_what_was_quick_and_trickles_since_keeps_its_place_for_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(places, "monotonic", lambda: now)

    async def act(held: Places) -> None:
        nonlocal now
        stuck, quick = await sending(held, 1, size=10**9), await sending(held, 2, size=10**9)
        now = 60.0
        assert await (await sending(held, 3)).status() == 503
        assert quick.place is not None
        now = 66.0
        quick.place.came(10**9)
        newcomer = await sending(held, 3)
        assert [await each.status() for each in (stuck, newcomer, quick)] == [503, 201, 201]

    among(act)


def test_what_is_slow_but_does_not_trickle_keeps_its_place_for_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(places, "monotonic", lambda: now)

    async def act(held: Places) -> None:
        nonlocal now
        hours = await sending(held, 1, size=2 * 3600 * 100 * 1024)
        other = await sending(held, 2, size=2 * 3600 * 100 * 1024)
        now = 2 * 3600.0
        assert await (await sending(held, 3)).status() == 503
        assert [await hours.status(), await other.status()] == [201, 201]

    among(act)
