"""What somebody does with a campaign that has been planned or started; inside the tenant's scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Now

from rapport.db.queries import statement
from rapport.tenants import audit
from rapport.tenants.actors import Author
from rapport.tenants.statements import fetch

from .errors import StateError
from .models import Campaign, CampaignCount, Delivery

_CANCEL, _REQUEUE = statement("cancel_campaign"), statement("requeue_deliveries")
#: The bucket of counts that is people's.
SLOT = 0
AGAIN = (Delivery.State.IN_DOUBT, Delivery.State.FAILED)


def pause(row: Campaign, author: Author) -> None:
    """Claims nothing more until it is resumed; also where it is paused already. Raises `StateError`."""
    _move(
        row, author, "pause", Campaign.State.RUNNING, Campaign.State.PAUSED, reason="person", fact={"by": author.name}
    )


def resume(row: Campaign, author: Author) -> None:
    """Goes on; also where it runs already. Raises `StateError`."""
    cleared = {"reason": None, "fact": None, "errors": 0, "error_kind": None, **past(row)}
    _move(row, author, "resume", Campaign.State.PAUSED, Campaign.State.RUNNING, **cleared)


def past(row: Campaign) -> dict[str, int]:
    """How many mails of a campaign were sent or bounced, and how many bounced, so far. Index: campaign_counts_pkey."""
    own = CampaignCount.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id)
    sums = own.values("state").annotate(number=Sum("count")).values_list("state", "number")
    sent, bounced = (dict(sums).get(state, 0) for state in (Delivery.State.SENT, Delivery.State.BOUNCED))
    return {"past_mails": sent + bounced, "past_bounces": bounced}


def _move(row: Campaign, author: Author, act: str, was: str, state: str, **more: Any) -> None:
    own = Campaign.objects.filter(tenant_id=row.tenant_id, id=row.id)
    if own.filter(state=was).update(state=state, updated_at=Now(), **more):
        audit.note(row.tenant_id, author, f"campaign.{act}", audit.Object(row.id, row.name))
    elif not own.filter(state=state).exists():
        raise StateError(f"Only a campaign that is {was} can be {'paused' if act == 'pause' else 'resumed'}.")


def cancel(row: Campaign, author: Author) -> None:
    """Sends nothing more, for good; also where it is cancelled already. Raises `StateError`."""
    if row.is_default:
        raise StateError("The default campaign of a system cannot be cancelled; pause it.")
    [(done,)] = fetch(_CANCEL, row.tenant_id, row.id, SLOT)
    if not done:
        if Campaign.objects.filter(tenant_id=row.tenant_id, id=row.id, state=Campaign.State.CANCELLED).exists():
            return
        raise StateError("The campaign is done.")
    audit.note(row.tenant_id, author, "campaign.cancel", audit.Object(row.id, row.name))


def send_again(row: Campaign, author: Author, state: str, ids: Sequence[UUID] | None = None) -> int:
    """Queues those in doubt or those that failed again, all or some; how many. Raises `StateError`."""
    if state not in AGAIN:
        raise StateError("Only what is in doubt or failed can be sent again.")
    [(number,)] = fetch(_REQUEUE, row.tenant_id, row.id, str(state), list(ids) if ids is not None else None, SLOT)
    if number:
        details = {"state": str(state), "number": number}
        audit.note(row.tenant_id, author, "campaign.send_again", audit.Object(row.id, row.name), details)
    return int(number)
