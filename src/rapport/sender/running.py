"""The sender: claims what is due, hands it over, writes down what became of it. See the laws in `docs/decisions`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from secrets import randbelow
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import Error
from uuid_utils.compat import uuid4, uuid7

from rapport.campaigns import secrets as sealed
from rapport.campaigns import servers
from rapport.campaigns.addresses import NoAddressError
from rapport.campaigns.messages import tags
from rapport.db.queries import statement
from rapport.feedback.links import NoKeyError
from rapport.groups import ids

from . import conversation, letters, outcomes
from .gathering import Gathering, Place
from .holding import Claimed, Held
from .leases import RENEWAL, Leases
from .ledger import Lane, Ledger, LostError, RefusedStepError
from .outcomes import Outcome
from .pausing import Pausing
from .pools import Pools
from .settling import Settling
from .transport import Transport

log = logging.getLogger("rapport.sender")

#: Claims are made for so many at least, where something else is under way.
TOGETHER = 16
#: Seconds between two looks at a system without anything to send, and at what others have lost.
PAUSE, UPKEEP = 1.0, 5.0
#: Seconds for which servers and the list of systems are believed.
BELIEVED = 3.0
#: Seconds that an orderly end waits for mails under way.
DRAIN = 25.0
#: A mail, or why there is none.
Made = conversation.Mail | letters.Unmade
#: Buckets of counts.
SLOTS = 16

_SENDING, _CLAIM = statement("read_sending"), statement("claim_deliveries")
_HAND_OVER = statement("hand_over")
_RECOVER, _READ = statement("recover_deliveries"), statement("read_claims")
_ADVANCE = statement("advance_campaigns")


class Sender:
    """One process; everything it knows may be lost at any moment."""

    def __init__(self, ledger: Ledger, tenants: Sequence[int] | None = None) -> None:
        self.id = uuid4()
        #: The systems that it sends for; None: all.
        self._only = tenants
        self._ledger = ledger
        self._slot = randbelow(SLOTS)
        self._letters = letters.Letters()
        self._thread = ThreadPoolExecutor(1, "letters")
        self._pools = Pools(partial(self._in_thread, letters.endpoint), BELIEVED)
        self._listed: tuple[Sequence[int], float] = ((), 0.0)
        self._held = Held()
        self._pausing = Pausing(ledger)
        self._leases = Leases(ledger, self.id)
        #: Systems of which a claim was not answered: what we hold there without knowing goes back first.
        self._unsure: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending, self._through = asyncio.Event(), asyncio.Event()
        self._hand_overs: Gathering[Claimed, float | None] = Gathering(self._hand_over_together)
        self._settling = Settling(ledger, self.id, self._slot, self._held, self._unsure)

    def stop(self) -> None:
        """Claims nothing more; `run` ends when what is under way has."""
        self._ending.set()
        self._held.wake()

    async def run(self) -> None:
        """Sends until `stop`."""
        keepers = [asyncio.create_task(self._renew_leases()), asyncio.create_task(self._look_after())]
        try:
            under_way = False
            while not self._ending.is_set():
                claimed = await self._round()
                if under_way and not claimed and not self._held.tenants():
                    self._through.set()
                under_way = claimed or bool(self._held.tenants())
                if not claimed and not self._ending.is_set():
                    await self._held.wait(PAUSE)
            if self._tasks:  # what has not begun by then goes back with the lease
                await asyncio.wait(self._tasks, timeout=DRAIN)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await self._pools.close()
            await self._in_thread(letters.disconnect)
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _round(self) -> bool:
        """One turn for each system; whether anything was claimed."""
        claimed = False
        try:
            for tenant_id in await self._tenants():
                try:
                    claimed |= await self._in_thread(letters.offer, tenant_id, self._slot)
                    claimed |= await self._turn(tenant_id)
                except RefusedStepError as fault:
                    log.error("a step of %s was refused: %s", tenant_id, fault)
        except LostError as fault:
            log.warning("the ledger cannot be reached: %s", fault)
        except Error as fault:  # of the thread: the database is away there as well
            log.warning("the round was cut off: %s", type(fault).__name__)
        return claimed

    async def _tenants(self) -> Sequence[int]:
        if self._only is not None:
            return self._only
        if self._listed[1] < monotonic():
            self._listed = await self._in_thread(letters.tenants), monotonic() + BELIEVED
        return self._listed[0]

    async def _turn(self, tenant_id: int) -> bool:
        """Claims for each campaign of a system that has something to send. Raises `LostError`."""
        claimed = False
        for row in await self._ledger.fetch(_SENDING, tenant_id):
            if self._ending.is_set():
                break
            await self._room()
            campaign, server = UUID(str(row["id"])), row["server_id"] and UUID(str(row["server_id"]))
            try:
                pool, zone = await self._pools.find(tenant_id, server)
            except (servers.NoServerError, sealed.SealedError) as fault:
                await self._pausing.pause((tenant_id, campaign), str(fault))
                continue
            if pool.ready:
                claimed |= await self._claim(tenant_id, campaign, pool, zone)
        return claimed

    async def _room(self) -> None:
        """Waits until a claim is worth its while."""
        deadline = monotonic() + 0.05
        while self._held.free < TOGETHER and not self._ending.is_set():
            if self._held.free > 0 and monotonic() >= deadline:
                return
            await self._held.wait(0.05)

    async def _claim(self, tenant_id: int, campaign: UUID, pool: Transport, zone: str) -> bool:
        """Claims what fits and starts on it; whether there was anything. Raises `LostError`."""
        wanted = min(self._held.free, pool.ahead)
        if wanted <= 0 or not await self._leases.hold(tenant_id):
            return False
        if tenant_id in self._unsure:
            await self._recover(tenant_id)
        first, self_ids = ids.first(datetime.now(UTC)), [uuid7() for _ in range(wanted)]
        records = [ids.following(first, step) for step in range(wanted)]
        try:
            rows = await self._ledger.fetch(
                _CLAIM, tenant_id, campaign, self.id, wanted, zone, self_ids, records, self._slot
            )
        except LostError:
            self._unsure.add(tenant_id)
            raise
        except RefusedStepError as fault:
            await self._pausing.pause((tenant_id, campaign), str(fault), "ledger")
            return False
        claims = [Claimed(row["id"], row["claim"], row["tries"]) for row in rows]
        self._held.add(tenant_id, claims)
        if claims:
            self._start(self._send_all((tenant_id, campaign), pool, claims, rows))
        return bool(claims)

    def _start(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, place: Place, pool: Transport, claims: list[Claimed], rows: Any) -> None:
        try:
            mails = await self._in_thread(self._letters.compose, *place, [dict(row) for row in rows])
        except Exception as fault:  # noqa: BLE001 (whatever a message raises: none may be held for ever)
            # Of the database, which comes again; of an executor that has ended, and of nothing more special.
            if isinstance(fault, Error) or type(fault) is RuntimeError:
                log.error("the messages of %s cannot be made: %s", place[1], type(fault).__name__)
                await asyncio.sleep(PAUSE)
            else:
                known = isinstance(fault, NoAddressError | NoKeyError | tags.TagFault)
                await self._pausing.quietly(place, str(fault) if known else type(fault).__name__, "message")
            for claim in claims:
                self._start(self._settling.settle(place, claim, None))
            return
        for claim, mail in zip(claims, mails, strict=True):
            self._start(self._send(place, pool, claim, mail))

    async def _send(self, place: Place, pool: Transport, claim: Claimed, mail: Made) -> None:
        """One delivery, from its claim to what became of it."""
        outcome: Outcome | None = None
        try:
            if isinstance(mail, letters.Unmade):
                outcome = outcomes.unmade(mail.told)
            else:
                outcome = outcomes.sent(await pool.deliver(mail, partial(self._hand_overs, place, claim)))
        except conversation.RefusedError as fault:
            if fault.step == "mail" and fault.reply.code >= 500:
                await self._pausing.quietly(place, f"{pool.endpoint.name} refuses the sender: {fault.reply}")
            else:
                outcome = outcomes.refused(fault, claim.tries)
        except conversation.UnfitError as fault:
            outcome = outcomes.unfit(fault)
        except conversation.BrokenError as fault:
            outcome = outcomes.broken(fault, claim.tries)
        except conversation.UnusableError as fault:
            if fault.lasting or pool.gone:
                await self._pausing.quietly(place, str(fault))
        except RefusedStepError:
            outcome = outcomes.unwritten(outcomes.Outcome("failed"))
        except (conversation.NotHandedOverError, LostError):
            pass
        await self._settling.settle(place, claim, outcome)

    async def _hand_over_together(self, place: Place, claims: list[Claimed]) -> list[float | None]:
        """Until when `DATA` of each may begin; None: not at all. Raises `LostError`."""
        tenant_id, campaign = place
        asked = monotonic()
        given = [claim.id for claim in claims], [claim.claim for claim in claims]
        zone = self._pools.zone(tenant_id)
        try:
            rows = await self._ledger.fetch(_HAND_OVER, tenant_id, campaign, self.id, *given, zone, self._slot)
            passed = {row["id"] for row in rows}
        except LostError:
            passed = await self._passed(tenant_id, claims)
        until = min(asked + conversation.BEGIN_SECONDS, self._leases.until(tenant_id))
        return [until if claim.id in passed else None for claim in claims]

    async def _passed(self, tenant_id: int, claims: list[Claimed]) -> set[Any]:
        """What is handed over in truth, where the commit was not answered. Raises `LostError`."""
        rows = await self._ledger.fetch(_READ, tenant_id, [claim.id for claim in claims])
        handed_over = [row for row in rows if row["state"] == "handed over" and str(row["sender_id"]) == str(self.id)]
        mine = {row["id"]: row["claim"] for row in handed_over}
        return {claim.id for claim in claims if mine.get(claim.id) == claim.claim}

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            for tenant_id in self._held.tenants():
                try:
                    await self._leases.renew(tenant_id)
                except (LostError, RefusedStepError) as fault:
                    log.warning("the lease was not renewed: %s", fault)

    async def _look_after(self) -> None:
        """What senders have lost, reminders that are due, campaigns that are done: at times, and when all is sent."""
        while True:
            try:
                for tenant_id in await self._tenants():
                    try:
                        await self._recover(tenant_id)
                        await self._ledger.fetch(_ADVANCE, tenant_id, self._slot, lane=Lane.UPKEEP)
                    except RefusedStepError as fault:
                        log.error("%s was not looked after: %s", tenant_id, fault)
            except LostError as fault:
                log.warning("nothing was looked after: %s", fault)
            except Error as fault:
                log.warning("nothing was looked after: %s", type(fault).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(UPKEEP):
                    await self._through.wait()
            self._through.clear()

    async def _recover(self, tenant_id: int) -> None:
        unsure = tenant_id in self._unsure
        known = self._held.ids(tenant_id) if unsure else None
        [row] = await self._ledger.fetch(
            _RECOVER, tenant_id, self.id, known, conversation.CONVERSATION_SECONDS, self._slot
        )
        if unsure:
            self._unsure.discard(tenant_id)
        if row[0]:
            log.warning("%s deliveries were lost by a sender and taken back", row[0])

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(letters.connected, function, *arguments)
        )
