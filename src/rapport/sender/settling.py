"""Writes down what became of deliveries, together as far as they come together."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from rapport.db.queries import statement

from . import outcomes
from .gathering import Gathering, Place
from .holding import Claimed, Held
from .ledger import Ledger, LostError, RefusedStepError
from .outcomes import Outcome

log = logging.getLogger("rapport.sender")

_SETTLE, _GIVE_BACK = statement("settle_deliveries"), statement("give_back")


class Settling:
    """Outcomes on their way into the ledger; until then their deliveries are held."""

    def __init__(self, ledger: Ledger, sender: UUID, slot: int, held: Held, unsure: set[int]) -> None:
        """`unsure` grows by systems where something could not be written and is taken back as what a sender lost."""
        self._ledger, self._sender, self._slot = ledger, sender, slot
        self._held, self._unsure = held, unsure
        self._together: Gathering[tuple[Claimed, Outcome | None], None] = Gathering(self._settle_together)

    async def settle(self, place: Place, claim: Claimed, outcome: Outcome | None) -> None:
        """Writes an outcome down (None: nothing was said), for as long as it takes; until then it is held."""
        pause = 0.1
        while True:
            try:
                await self._together(place, (claim, outcome))
                break
            except LostError:
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
        self._held.release(place[0], claim)

    async def _settle_together(self, place: Place, items: list[tuple[Claimed, Outcome | None]]) -> list[None]:
        try:
            await self._write(place, items)
        except RefusedStepError:  # of one of them, for which the others do not stand
            for claim, outcome in items:
                await self._settle_alone(place, claim, outcome)
        return [None] * len(items)

    async def _settle_alone(self, place: Place, claim: Claimed, outcome: Outcome | None) -> None:
        """Writes an outcome down as it is, else bare; what is refused even so goes back as what a sender has lost."""
        for each in (outcome, outcome and outcomes.unwritten(outcome)):
            try:
                await self._write(place, [(claim, each)])
                return
            except RefusedStepError as fault:
                log.error("what became of %s cannot be written down: %s", claim.id, fault)
        self._unsure.add(place[0])

    async def _write(self, place: Place, items: list[tuple[Claimed, Outcome | None]]) -> None:
        """Raises `LostError`, `RefusedStepError`."""
        told = [outcomes.row(claim.id, claim.claim, outcome) for claim, outcome in items if outcome]
        back = [claim for claim, outcome in items if not outcome]
        if told:
            await self._ledger.fetch(_SETTLE, place[0], place[1], self._sender, told, self._slot)
        if back:
            given = [claim.id for claim in back], [claim.claim for claim in back]
            await self._ledger.fetch(_GIVE_BACK, place[0], self._sender, *given, self._slot)
