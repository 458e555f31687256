"""The whole ledger as people leaf through it, newest first; in its tenant's scope.

Its numbers have no gap, so that a filter looks at so many entries by their numbers alone. Index: the primary key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from rapport.directory.models import Account, AccountKey, Activity, Contact, ContactKey
from rapport.history import ledger
from rapport.history.models import Change
from rapport.records.errors import Invalid
from rapport.records.keys import email_key, name_key, phone_key
from rapport.surveys.models import ExternalResponse, Response, SurveyRecord

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Entries that a filter looks at, at a time.
LOOKED_AT = 100_000
#: What the ledger tells of, by its kind.
MODELS: dict[str, Any] = {
    "account": Account,
    "contact": Contact,
    "survey_record": SurveyRecord,
    "response": Response,
    "external_response": ExternalResponse,
    "activity": Activity,
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to see of the ledger."""

    limit: int
    #: Entries before, or behind, the one with this number.
    before: int | None = None
    after: int | None = None
    actor: UUID | None = None
    object_type: str | None = None
    #: An id, an e-mail address, a phone number or an account's name.
    text: str | None = None
    field: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def filter(self) -> Q:
        """Of entries, but for their object and their time."""
        found = Q()
        if self.actor is not None:
            found &= Q(actor_id=self.actor)
        if self.object_type is not None:
            found &= Q(object_type=self.object_type)
        if self.field is not None:
            found &= Q(diff__has_key=self.field)
        return found


@dataclass(frozen=True, kw_only=True)
class Look:
    """A page of the ledger."""

    rows: Sequence[Change]
    #: Numbers behind and before which the pages beside this one are.
    newer: int | None = None
    older: int | None = None
    #: How far a filter looked when it had not found a page full; older entries go on from there.
    stopped: datetime | None = None


def look(tenant_id: int, wanted: Wanted) -> Look:
    """A page of the ledger. A filter looks at `LOOKED_AT` entries; one object's entries are walked."""
    head = ledger.head(tenant_id)
    least, most = _bounds(tenant_id, wanted, head)
    if wanted.text is not None:
        return _of_object(tenant_id, wanted, least, most)
    return (_older if wanted.after is None else _newer)(tenant_id, wanted, least, most)


def _bounds(tenant_id: int, wanted: Wanted, head: int) -> tuple[int, int]:
    """The first and the last number of the wanted time."""
    least = ledger.first_since(tenant_id, wanted.start, head) if wanted.start else 1
    most = ledger.first_since(tenant_id, wanted.end, head) - 1 if wanted.end else head
    return least, min(most, head)


def _rows(tenant_id: int, wanted: Wanted, first: int, last: int) -> QuerySet[Change]:
    return Change.objects.filter(wanted.filter, tenant_id=tenant_id, seq__gte=first, seq__lte=last)


def _older(tenant_id: int, wanted: Wanted, least: int, most: int) -> Look:
    last = most if wanted.before is None else min(most, wanted.before - 1)
    first = max(least, last - LOOKED_AT + 1) if wanted.filter else least
    found = list(_rows(tenant_id, wanted, first, last).order_by("-seq")[: wanted.limit + 1])
    kept, more = found[: wanted.limit], len(found) > wanted.limit
    on = first > least and not more
    newer = None if wanted.before is None or last >= most else (kept[0].seq if kept else last)
    return Look(
        rows=kept,
        newer=newer,
        older=kept[-1].seq if more else first if on else None,
        stopped=_moment(tenant_id, first) if on else None,
    )


def _newer(tenant_id: int, wanted: Wanted, least: int, most: int) -> Look:
    first = max(least, (wanted.after or 0) + 1)
    last = min(most, first + LOOKED_AT - 1) if wanted.filter else most
    found = list(_rows(tenant_id, wanted, first, last).order_by("seq")[: wanted.limit + 1])
    kept, more = found[: wanted.limit][::-1], len(found) > wanted.limit
    ahead = kept[0].seq if more else last if last < most else None
    return Look(rows=kept, newer=ahead, older=kept[-1].seq if kept else first)


def _of_object(tenant_id: int, wanted: Wanted, least: int, most: int) -> Look:
    """The entries of the object that is named, which may be older than all that a filter would look at."""
    told = find(tenant_id, wanted.text or "", wanted.object_type)
    if told is None:
        return Look(rows=[])
    before = most + 1 if wanted.before is None else min(most + 1, wanted.before)
    walked = _fitting(ledger.walk(told, before), wanted, max(least, (wanted.after or 0) + 1))
    if wanted.after is not None:
        nearest = deque(walked, maxlen=wanted.limit + 1)
        kept = list(nearest)[-wanted.limit :]
        more = len(nearest) > wanted.limit
        return Look(rows=kept, newer=kept[0].seq if more else None, older=kept[-1].seq if kept else None)
    found = list(islice(walked, wanted.limit + 1))
    kept, more = found[: wanted.limit], len(found) > wanted.limit
    newer = kept[0].seq if kept and wanted.before is not None else None
    return Look(rows=kept, newer=newer, older=kept[-1].seq if more else None)


def _fitting(walked: Iterator[Change], wanted: Wanted, floor: int) -> Iterator[Change]:
    """Of one object's entries those that the filters want."""
    return (
        change
        for change in takewhile(lambda change: change.seq >= floor, walked)
        if wanted.actor in (None, change.actor_id) and (wanted.field is None or wanted.field in change.diff)
    )


def find(tenant_id: int, text: str, object_type: str | None = None) -> Any:
    """The object that a text names, by its id or one of its keys; None where there is none. Index: primary keys."""
    try:
        id = UUID(text)
    except ValueError:
        return _keyed(tenant_id, text, object_type)
    models = (MODELS[object_type],) if object_type else MODELS.values()
    rows = (model._base_manager.filter(tenant_id=tenant_id, id=id).first() for model in models)
    return next((row for row in rows if row is not None), None)


def _keyed(tenant_id: int, text: str, object_type: str | None) -> Any:
    if object_type in (None, "contact"):
        for mark, make in (("e:", email_key), ("p:", phone_key)):
            try:
                key = mark + make(text)
            except Invalid:
                continue
            found = ContactKey.objects.filter(tenant_id=tenant_id, key=key).first()
            if found is not None:
                return Contact.objects.filter(tenant_id=tenant_id, id=found.contact_id).first()
    if object_type in (None, "account"):
        named = AccountKey.objects.filter(tenant_id=tenant_id, key=name_key(text)).first()
        if named is not None:
            return Account.objects.filter(tenant_id=tenant_id, id=named.account_id).first()
    return None


def _moment(tenant_id: int, seq: int) -> datetime | None:
    """When an entry was made."""
    return Change.objects.filter(tenant_id=tenant_id, seq=seq).values_list("at", flat=True).first()
