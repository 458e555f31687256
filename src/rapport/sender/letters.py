"""Makes mails of claimed deliveries, in a thread of its own: the texts of a campaign are read and compiled once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.db import Error, connection

from rapport.campaigns import compose, servers, taking
from rapport.campaigns.compose import Letters as Compiled
from rapport.campaigns.messages import letter, tags
from rapport.campaigns.models import Campaign
from rapport.campaigns.servers import Endpoint
from rapport.records import keys
from rapport.records.errors import Invalid
from rapport.tenants.models import Tenant
from rapport.tenants.scope import having, tenant_scope

from .conversation import Mail

log = logging.getLogger("rapport.sender")

Answer = TypeVar("Answer")
#: How long a campaign's texts and its server are believed, and how many campaigns are kept.
SECONDS, KEPT = 10.0, 200
_SENDING = (
    "select {tenant} where exists (select from campaigns where tenant_id = {tenant} and (state = 'running'"
    " or state = 'paused' and mode = 'automated')) or exists"
    " (select from deliveries where tenant_id = {tenant} and state in ('claimed', 'handed over'))"
)


class Unmade(NamedTuple):
    """A mail that cannot be made, and why."""

    told: str


class _Known(NamedTuple):
    letters: Compiled
    until: float


class Letters:
    """What has been compiled, by campaign."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, UUID], _Known] = {}

    def compose(self, tenant_id: int, campaign: UUID, rows: Sequence[Mapping[str, Any]]) -> list[Mail | Unmade]:
        """The mails of claimed deliveries, in order. Raises what reading and compiling raises."""
        letters, now = self._letters(tenant_id, campaign), datetime.now(UTC)
        return [_mail(letters, tenant_id, row, now) for row in rows]

    def _letters(self, tenant_id: int, campaign: UUID) -> Compiled:
        known = self._known.get((tenant_id, campaign))
        if known is None or known.until < monotonic():
            with tenant_scope(tenant_id):
                row = Campaign.objects.get(tenant_id=tenant_id, id=campaign)
                known = _Known(Compiled.of(row), monotonic() + SECONDS)
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[tenant_id, campaign] = known
        return known.letters


def _mail(letters: Compiled, tenant_id: int, row: Mapping[str, Any], now: datetime) -> Mail | Unmade:
    id, address = UUID(str(row["id"])), keys.mailbox(row["address"])
    try:
        made = letters.choose(row["wave"], row["language"])
        about = compose.about(
            tenant_id,
            id,
            address,
            {"contact": json.loads(row["contact"]), "account": json.loads(row["account"])},
            (UUID(str(row["survey_record_id"])), row["generation"]) if row["survey_record_id"] else None,
        )
        content = made.fill(about, now)
    except (tags.TagFault, LookupError) as fault:
        return Unmade(str(fault))
    return Mail(letter.return_path(id, made.sender.address), address, content)


def offer(tenant_id: int, slot: int) -> bool:
    """Offers survey records that have come to automated campaigns; whether there are more."""
    try:
        return taking.take(tenant_id, slot) >= taking.TOGETHER
    except (Invalid, LookupError, ValueError) as fault:  # of a filter; what is claimed goes on
        log.error("survey records of %s are not taken: %s", tenant_id, type(fault).__name__)
        return False


def endpoint(tenant_id: int, server_id: UUID | None) -> tuple[Endpoint, str]:
    """A campaign's server and its system's time zone. Raises `servers.NoServerError`, `secrets.SealedError`."""
    with tenant_scope(tenant_id):
        zone: str = Tenant.objects.values_list("time_zone", flat=True).get(pk=tenant_id)
        return servers.endpoint(tenant_id, server_id), zone


def tenants() -> list[int]:
    """Systems that send, and those of which a sender holds something. Index: deliveries_taken."""
    return having(list(Tenant.objects.order_by("id").values_list("id", flat=True)), _SENDING)


def connected(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """What a function answers on the thread's own connection, dropped where it fails. Raises what it raises."""
    try:
        return function(*arguments)
    except Error:
        connection.close()
        raise


def disconnect() -> None:
    """Drops the thread's connection."""
    connection.close()
