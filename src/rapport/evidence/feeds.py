"""Pages of the change ledger and of the request history, each behind a cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING
from uuid import UUID

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.evidence import searching
from rapport.evidence.changes import MODELS
from rapport.evidence.listing import represent
from rapport.evidence.searching import record
from rapport.groups import ids
from rapport.history import ledger
from rapport.history.models import ERRORS, OBJECT_TYPES, OUTCOMES, Change, SentRecord
from rapport.records.errors import sentence
from rapport.tenants.query import NO_CURSOR, PAGE_BYTES, ParametersError, Place, Reader, place, taken

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Names both outcomes of which nothing was written, and those records that had a heading that nothing maps.
REFUSED, IGNORED = "refused", "ignored"
#: Records of the history that a page looks at to find those that its filter wants; so many take about 80 ms.
LOOKED_AT = 100_000


@dataclass(frozen=True, kw_only=True)
class ChangesWanted:
    """What a caller wants of the ledger."""

    #: Entries behind this one.
    cursor: int
    limit: int
    object_id: UUID | None
    object_type: str | None
    #: From this moment on, and before that one.
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, kw_only=True)
class RequestsWanted:
    """What a caller wants of the request history."""

    #: Older than the record of this moment and id.
    cursor: Place | None
    limit: int
    #: Client id of a Connected App, or id of whoever sent it.
    app: str | None
    #: Reference or id.
    configuration: str | None
    #: One of `OUTCOMES`, `REFUSED` or `IGNORED`.
    outcome: str | None
    #: An e-mail address, a phone number, a request id or the id of a record.
    text: str | None
    start: datetime | None
    end: datetime | None
    #: A sentence that it was refused with.
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """A page of the request history as people leaf through it, newest first."""

    rows: Sequence[SentRecord]
    #: Cursors of the pages beside this one.
    newer: str | None
    older: str | None
    #: How far a filter looked when it had not found a page full; the older cursor goes on from there.
    stopped: datetime | None


def read_changes(query_string: str) -> ChangesWanted:
    """Reads the query of the ledger. Raises `ParametersError`."""
    reader = Reader(query_string)
    wanted = ChangesWanted(
        cursor=reader.number("cursor", NO_CURSOR) or 0,
        limit=reader.limit(),
        object_id=reader.id("object"),
        object_type=reader.choice("type", OBJECT_TYPES),
        start=reader.time("from"),
        end=reader.time("to"),
    )
    reader.finish()
    return wanted


def read_requests(query_string: str) -> RequestsWanted:
    """Reads the query of the request history. Raises `ParametersError`."""
    reader = Reader(query_string)
    wanted = RequestsWanted(
        cursor=reader.place("cursor"),
        limit=reader.limit(),
        app=reader("app", str),
        configuration=reader("configuration", str),
        outcome=reader.choice("outcome", OUTCOMES),
        text=reader("text", str),
        start=reader.time("from"),
        end=reader.time("to"),
    )
    reader.finish()
    return wanted


def changes(tenant_id: int, wanted: ChangesWanted) -> tuple[list[Change], str]:
    """A page of the ledger and the cursor behind it, which is there on the last page too.

    The head is read first: every entry up to it is committed and can be seen, so nothing is ever skipped.
    One object's entries are walked from its newest back. Index: the primary key.
    """
    head = ledger.head(tenant_id)
    first = max(wanted.cursor + 1, ledger.first_since(tenant_id, wanted.start, head) if wanted.start else 1)
    last = min(head, ledger.first_since(tenant_id, wanted.end, head) - 1) if wanted.end else head
    if wanted.object_id is None:
        rows = Change.objects.filter(tenant_id=tenant_id, seq__gte=first, seq__lte=last).order_by("seq")
        if wanted.object_type is not None:
            rows = rows.filter(object_type=wanted.object_type)
        found, more = taken(rows, wanted.limit, _weigh)
    else:
        walked = takewhile(lambda change: change.seq >= first, _walk(tenant_id, wanted, last + 1))
        found, more = _oldest(walked, wanted.limit)
    return found, str(found[-1].seq if more or len(found) == wanted.limit else max(wanted.cursor, last))


def _oldest(walked: Iterator[Change], limit: int) -> tuple[list[Change], bool]:
    """The last of what is walked, as many as a page has, in the ledger's order; and whether there are others."""
    kept: deque[Change] = deque()
    size, more = 0, False
    for change in walked:
        kept.appendleft(change)
        size += _weigh(change)
        while len(kept) > limit or (len(kept) > 1 and size > PAGE_BYTES):
            size, more = size - _weigh(kept.pop()), True
    return [*kept], more


def _weigh(row: Change | SentRecord) -> int:
    """About how many bytes of an answer the row is."""
    return len(str(represent(row)))


def _walk(tenant_id: int, wanted: ChangesWanted, below: int) -> Iterator[Change]:
    """The wanted object's entries before a number, newest first; none of a type that is not wanted."""
    for object_type in [wanted.object_type] if wanted.object_type else OBJECT_TYPES:
        row = MODELS[object_type]._base_manager.filter(tenant_id=tenant_id, id=wanted.object_id).first()
        if row is not None:
            return ledger.walk(row, below)
    return iter(())


def requests(tenant_id: int, wanted: RequestsWanted) -> tuple[list[SentRecord], str | None]:
    """A page of the request history, newest first, and the cursor of what is older, if there is any.

    Index: the primary key, which is in the order of time. Raises `ParametersError` for an app or a
    configuration that does not exist.
    """
    kept, more = taken(matching(tenant_id, wanted).order_by("-at", "-id"), wanted.limit, _weigh)
    return kept, place(kept[-1]) if more else None


def matching(tenant_id: int, wanted: RequestsWanted) -> QuerySet[SentRecord]:
    """Every record that is wanted, `text` found exactly. Raises as `requests`."""
    rows = _between(tenant_id, wanted).filter(**_exact(tenant_id, wanted))
    return rows if wanted.text is None else rows.filter(searching.exact(tenant_id, wanted.text))


def look(tenant_id: int, wanted: RequestsWanted, *, newer: bool = False) -> Look:
    """A page of the request history for a person who leafs through it; `newer` leafs towards the present.

    A filter looks at `LOOKED_AT` records at a time, so that a rare one answers soon as well. Index: the primary key.
    Raises `ParametersError` for an app or a configuration that does not exist.
    """
    order = ("at", "id") if newer else ("-at", "-id")
    every = _between(tenant_id, wanted, newer=newer).order_by(*order)
    filters = _exact(tenant_id, wanted)
    rows = searching.narrowed(every.filter(**filters), tenant_id, wanted.text, wanted.reason)
    end = None
    if filters or wanted.text is not None or wanted.reason is not None:
        beyond = every.values_list("at", "id")[LOOKED_AT : LOOKED_AT + 1].first()
        end = None if beyond is None else Place(*beyond)
    if end is not None:
        rows = _side(rows, end, "lte" if newer else "gte")
    kept, more = taken(rows, wanted.limit, _weigh)
    ahead = place(kept[-1]) if more else end and place(end)
    behind = wanted.cursor and (place(kept[0]) if kept else place(wanted.cursor))
    older, newest = (behind, ahead) if newer else (ahead, behind)
    stopped = end.at if end and not more else None
    return Look(rows=kept[::-1] if newer else kept, newer=newest, older=older, stopped=stopped)


def find(tenant_id: int, token: str) -> SentRecord | None:
    """The record of the history that a token of `place` names, or its id."""
    if (id := searching.as_id(token)) is not None:
        return record(tenant_id, id)
    at = Reader(f"cursor={token}").place("cursor")
    return at and SentRecord.objects.filter(pk=(tenant_id, *at)).first()


def neighbours(row: SentRecord) -> list[SentRecord]:
    """The records before and after one in its request, as far as there are any. Index: the primary key."""
    beside = SentRecord.objects.filter(tenant_id=row.tenant_id, at=row.at)
    if row.is_named:
        beside = beside.filter(id__in=(ids.following(row.id, -1), ids.following(row.id, 1)))
    else:
        beside = beside.filter(request_id=row.request_id)
    return list(beside.filter(position__in=(row.position - 1, row.position + 1)).order_by("position"))


def _between(tenant_id: int, wanted: RequestsWanted, *, newer: bool = False) -> QuerySet[SentRecord]:
    """Rows of the wanted time, behind the cursor."""
    rows = SentRecord.objects.filter(tenant_id=tenant_id)
    if wanted.cursor is not None:
        rows = _side(rows, wanted.cursor, "gt" if newer else "lt")
    if wanted.start is not None:
        rows = rows.filter(at__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(at__lt=wanted.end)
    return rows


def _side(rows: QuerySet[SentRecord], place: Place, comparison: str) -> QuerySet[SentRecord]:
    """Rows before (`lt`, `lte`) or behind (`gt`, `gte`) a place in time.

    Not as a comparison of primary keys: the planner would guess how many rows there are from the tenant's number,
    and sort them all instead of reading some in the index's order; nor would it leave other days' partitions alone.
    """
    at, id = place
    others = {"lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}[comparison]
    return rows.filter(**{f"at__{comparison[:2]}e": at}).exclude(**{"at": at, f"id__{others}": id})


def _exact(tenant_id: int, wanted: RequestsWanted) -> dict[str, object]:
    """Columns whose values the caller named."""
    named: dict[str, object] = {}
    if wanted.outcome == IGNORED:
        named["ignored__isnull"] = False
    elif wanted.outcome is not None:
        named["outcome__in"] = ERRORS if wanted.outcome == REFUSED else [wanted.outcome]
    if wanted.app is not None:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=wanted.app)
        named["actor_id"] = searching.as_id(wanted.app) or apps.values_list("id", flat=True).first()
    if wanted.configuration is not None:
        ours = Configuration.objects.filter(tenant_id=tenant_id, reference=wanted.configuration)
        named["configuration_id"] = ours.values_list("id", flat=True).first() or searching.as_id(wanted.configuration)
    parameters = {"actor_id": "app", "configuration_id": "configuration"}
    absent = [parameters[column] for column, value in named.items() if value is None]
    if absent:
        raise ParametersError({parameter: [sentence("selected", parameter)] for parameter in absent})
    return named
