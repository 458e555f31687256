"""What a contact or the contacts of an account answered, for their pages; inside the tenant's scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.directory.relations import SHOWN
from rapport.surveys.models import ExternalResponse, Response

from . import account_scores, responses
from .figures import Wanted

#: Over which an account's score is told.
YEAR = timedelta(days=365)


def of(owner: str, row: Any) -> dict[str, Any]:
    """The newest answers of a `contact` or an `account`, whether there are more, and the account's score.

    Indexes: responses_contact, responses_account and those of external responses.
    """
    own = {"tenant_id": row.tenant_id, f"{owner}_id": row.id}
    entered = Response.objects.filter(**own, entered_seq__isnull=False).order_by("-id")
    outside = ExternalResponse.objects.filter(**own).order_by("-id")
    ids = [id for rows in (entered, outside) for id in rows.values_list("id", flat=True)[: SHOWN + 1]]
    found = sorted(responses.load(row.tenant_id, ids), key=lambda answer: answer.at, reverse=True)
    told: dict[str, Any] = {"responses": found[:SHOWN], "more": len(found) > SHOWN}
    if owner == "account" and found:
        told["score"] = account_scores.one(row.tenant_id, Wanted(start=datetime.now(UTC) - YEAR), row.id)
    return told
