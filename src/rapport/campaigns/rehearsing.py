"""What an automated campaign would do with the newest survey records, tried and taken back; in the tenant's scope."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from uuid_utils.compat import uuid7

from rapport.surveys.models import SurveyRecord

from . import choosing, examples, recipients, taking
from .models import Campaign


class Rehearsed(NamedTuple):
    """How many by (state, reason), examples, and how many survey records were looked at; null: none, but contacts."""

    counts: Mapping[tuple[str, str], int]
    examples: list[dict[str, Any]]
    looked: int | None


def rehearse(row: Campaign, moment: datetime) -> Rehearsed:
    """Offers it the newest survey records that no campaign before it takes. Raises `FaultsError`."""
    before = [each for each in taking.active(row.tenant_id) if each.id != row.id and _order(each) < _order(row)]
    shadow = copy.copy(row)
    shadow.id = uuid7()
    shadow.recipients = {
        "rehearsed": [each.recipients.get("where", []) for each in before],
        "where": row.recipients.get("where", []),
    }
    recent = SurveyRecord.objects.filter(tenant_id=row.tenant_id).order_by("-id")[: recipients.REHEARSED]
    with transaction.atomic():
        counts = choosing.choose(shadow, moment)
        found = Rehearsed(counts, examples.of(row, shadow.id), recent.count())
        transaction.set_rollback(True)
    return found


def _order(row: Campaign) -> tuple[Any, ...]:
    return (row.is_default, row.priority, row.id)
