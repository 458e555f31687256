"""Pauses campaigns that cannot go on, with what was said."""

from __future__ import annotations

import asyncio
import logging

import orjson

from rapport.db.queries import statement

from .gathering import Place
from .ledger import Ledger, LostError, RefusedStepError

log = logging.getLogger("rapport.sender")

_PAUSE = statement("pause_campaign")
#: Seconds until what could not be paused is looked at again.
SECONDS = 1.0


class Pausing:
    """Pauses campaigns through the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def pause(self, place: Place, told: str, reason: str = "server") -> None:
        """Pauses one. Raises `LostError`, `RefusedStepError`."""
        tenant_id, campaign = place
        fact = orjson.dumps({"said": told}).decode()
        await self._ledger.fetch(_PAUSE, tenant_id, campaign, reason, fact)
        log.warning("the campaign %s is paused: %s", campaign, told)

    async def quietly(self, place: Place, told: str, reason: str = "server") -> None:
        """Pauses one, or says after a moment that it could not."""
        try:
            await self.pause(place, told, reason)
        except (LostError, RefusedStepError) as fault:
            await asyncio.sleep(SECONDS)
            log.warning("the campaign %s could not be paused: %s", place[1], fault)
