"""Lets the words that search reads follow the change ledger, seconds behind, so that ingest pays nothing for them.

One look finds the tenants that are behind. Each step is one transaction of one tenant: the next entries of the ledger,
the present rows of what they changed, the words that differ, the head. Who comes second leaves the tenant to whoever is
at it already.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Collection, Sequence
from time import monotonic
from types import TracebackType
from uuid import UUID

from django.db import Error, connection

from rapport.db.queries import statement
from rapport.history.models import Change
from rapport.tenants.models import Tenant
from rapport.tenants.scope import LOOKED_AT, having, tenant_scope
from rapport.tenants.statements import fetch

from . import tokens
from .models import SearchHead

log = logging.getLogger("rapport.directory")

#: Entries of the ledger in one step.
STEP = 1_000
#: Between two looks at a tenant that changes, and at one that has not changed for long.
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 8.0
_LOOK = (
    "select h.tenant_id from tenant_heads h where h.tenant_id = {tenant} and h.seq >"
    " coalesce((select s.seq from {heads} s where s.tenant_id = {tenant}), 0)"
)
_TAKE_WORDS, _GIVE_WORDS = statement("take_words"), statement("give_words")


class Follower:
    """A thread that steps through all tenants, for as long as the `with` block lasts.

    Search's; what else follows the ledger derives from it.
    """

    name, size = "search", STEP

    def behind(self, tenant_ids: Sequence[int]) -> list[int]:
        """Those tenants that have something to follow. Raises `Error`."""
        return behind(tenant_ids)

    def step(self, tenant_id: int) -> int:
        """Follows up to `size` entries of a tenant's ledger; how many were read. Raises `Error`."""
        return step(tenant_id)

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-follower")
        #: Tenant -> when it is looked at next, and how long after that, by the monotonic clock.
        self._turns: dict[int, tuple[float, float]] = {}

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            pause = 0.0
            while not self._ending.wait(pause):
                started = monotonic()
                # While it is behind it rests as long as it worked: ingest needs the database as well.
                pause = self._round() or monotonic() - started
        finally:
            connection.close()
            if not self._ending.is_set():  # a fault of ours: the worker ends, and is started again
                os.kill(os.getpid(), signal.SIGTERM)

    def _round(self) -> float:
        """One step for each tenant whose turn it is; the seconds until the next round."""
        full = False
        try:
            due = self._due()
            for first in range(0, len(due), LOOKED_AT):
                for tenant_id in self.behind(due[first : first + LOOKED_AT]):
                    if self._ending.is_set():
                        return 0.0
                    read = self.step(tenant_id)
                    if read:
                        self._rest(tenant_id, 0.0 if read == self.size else PAUSE_SECONDS)
                    full |= read == self.size
        except Error as fault:
            log.warning("%s falls behind: %s", self.name, type(fault).__name__)
            connection.close()
            return PAUSE_SECONDS
        return 0.0 if full else PAUSE_SECONDS

    def _due(self) -> list[int]:
        """The tenants whose turn it is. Each waits twice as long from now on, also where its step fails."""
        now, due = monotonic(), []
        for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
            when, pause = self._turns.get(tenant_id, (0.0, PAUSE_SECONDS))
            if when <= now:
                due.append(tenant_id)
                self._rest(tenant_id, min(2 * pause, LONGEST_PAUSE_SECONDS))
        return due

    def _rest(self, tenant_id: int, pause: float) -> None:
        """Look at a tenant again after so many seconds."""
        self._turns[tenant_id] = (monotonic() + pause, max(pause, PAUSE_SECONDS))


def behind(tenant_ids: Sequence[int], heads: str = SearchHead._meta.db_table) -> list[int]:
    """Those tenants whose words, or what else has a row in `heads`, are behind their ledger. Raises `Error`."""
    return having(tenant_ids, _LOOK.replace("{heads}", heads))


def step(tenant_id: int) -> int:
    """Lets one tenant's words follow up to `STEP` entries of its ledger; how many were read. Raises `Error`."""
    with tenant_scope(tenant_id):
        SearchHead.objects.bulk_create([SearchHead(tenant_id=tenant_id, seq=0)], ignore_conflicts=True)
        rows = SearchHead.objects.filter(tenant_id=tenant_id)
        head = rows.select_for_update(skip_locked=True).first()
        news = Change.objects.filter(tenant_id=tenant_id, seq__gt=head.seq) if head else Change.objects.none()
        entries = list(news.order_by("seq").values_list("seq", "object_type", "object_id")[:STEP])
        if not entries:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("set local synchronous_commit = off")
        for object_type in tokens.OBJECT_TYPES:
            changed = {object_id for _, changed_type, object_id in entries if changed_type == object_type}
            _replace(tenant_id, object_type, changed)
        rows.update(seq=entries[-1][0])
        return len(entries)


def _replace(tenant_id: int, object_type: str, object_ids: Collection[UUID]) -> None:
    """Gives objects the words of their present rows; words that stay are left alone."""
    gone: list[tuple[str, UUID]] = []
    new: list[tuple[str, UUID]] = []
    for object_id, had, has in tokens.read(tenant_id, object_type, object_ids):
        if had != has:
            gone += ((token, object_id) for token in had - has)
            new += ((token, object_id) for token in has - had)
    for sql, words in ((_TAKE_WORDS, gone), (_GIVE_WORDS, new)):
        if words:
            fetch(sql, tenant_id, object_type, *map(list, zip(*words, strict=True)))
