"""Which records of the request history a replay is about: what callers ask for -> rows, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from rapport.configurations.models import Configuration
from rapport.evidence import feeds, searching
from rapport.groups import ids
from rapport.history.models import ERRORS, Change, SentRecord
from rapport.records import entries
from rapport.records.errors import sentence
from rapport.tenants.query import ParametersError, Place, Reader

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What names refused records, and a heading with what may stand beside it; both may say which configuration reads them.
NAMES, BESIDE = ("records", "configuration", "sent"), ("instead_of", "from", "to")
OF_HEADING = ("heading", "configuration", *BESIDE)
#: As `GET /api/requests` has them, and as its page does: refused with these sentences, found by parts.
FILTERS = ("app", "configuration", "outcome", "text", "from", "to", "reason", "containing")
#: Records that can be named one by one.
NUMBER = 1_000
#: Outcomes whose record has objects of its own.
_STORED = ("created", "updated", "unchanged")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Records of a heading that a configuration maps now, or refused ones."""

    rows: QuerySet[SentRecord]
    #: The configuration that reads them; None: the one that each has named.
    reader: UUID | None = None
    heading: str | None = None
    #: What somebody wrote in the place of what was sent.
    corrected: Mapping[str, Any] | None = None

    def behind(self, place: Place | None, until: datetime) -> QuerySet[SentRecord]:
        """Those that came after one and not after a moment, oldest first. Index: requests_pkey."""
        rows = self.rows.filter(at__lte=until).order_by("at", "id")
        if place is None:
            return rows
        return rows.filter(at__gte=place.at).exclude(at=place.at, id__lte=place.id)


def unknown(asked: Mapping[str, Any]) -> dict[str, list[str]]:
    """A sentence for each key that says nothing here."""
    return entries.unknown(asked, NAMES if "records" in asked else OF_HEADING)


def read(tenant_id: int, asked: Mapping[str, Any]) -> Wanted:
    """The records that are meant; inside the tenant's scope. Raises `ParametersError` with every fault."""
    faults = unknown(asked)
    wanted = ("heading", "configuration") if "records" not in asked else ()
    for name in (*wanted, *({"configuration", *BESIDE} & asked.keys() - {*wanted})):
        if not isinstance(asked.get(name), str) or not asked[name]:
            faults[name] = [f"Name records, or a heading and its configuration: the {name} must be a text."]
    if faults:
        raise ParametersError(faults)
    reader = _configuration(tenant_id, asked, "configuration") if "configuration" in asked else None
    if "records" not in asked:
        assert reader is not None
        sender = _configuration(tenant_id, asked, "instead_of") if "instead_of" in asked else reader
        found = _of_heading(tenant_id, asked["heading"], reader, sender)
        return replace(found, rows=_between(found.rows, asked))
    given = asked["records"]
    rows = _filtered(tenant_id, given) if isinstance(given, dict) else _named(tenant_id, given)
    corrected = _corrected(asked) if "sent" in asked else None
    return Wanted(rows=rows, reader=reader.id if reader else None, corrected=corrected)


def _configuration(tenant_id: int, asked: Mapping[str, Any], name: str) -> Configuration:
    row = Configuration.objects.filter(tenant_id=tenant_id, reference=asked[name]).first()
    if row is None:
        raise ParametersError({name: [sentence("selected", name)]})
    return row


def _of_heading(tenant_id: int, heading: str, reader: Configuration, sender: Configuration) -> Wanted:
    """Stored records that named a configuration and whose heading it ignored; it, or a copy of it, maps that now."""
    if not any(entry["heading"] == heading for entry in reader.mapping):
        told = f"The configuration {reader.reference} does not map {heading}: map it first."
        raise ParametersError({"heading": [told]})
    if sender.data_type != reader.data_type:
        raise ParametersError({"instead_of": [f"The instead_of must be of the data type {reader.data_type} as well."]})
    rows = SentRecord.objects.filter(tenant_id=tenant_id, configuration_id=sender.id, outcome__in=_STORED)
    told = json.dumps(heading, ensure_ascii=False)
    rows = rows.alias(told=Cast("ignored", TextField())).filter(told__contains=told)
    return Wanted(rows=rows, reader=reader.id, heading=heading)


def _between(rows: QuerySet[SentRecord], asked: Mapping[str, Any]) -> QuerySet[SentRecord]:
    """Those that came from a moment on, and before another one."""
    reader = Reader.of({name: asked[name] for name in ("from", "to") if name in asked})
    start, end = reader.time("from"), reader.time("to")
    reader.finish()
    rows = rows if start is None else rows.filter(at__gte=start)
    return rows if end is None else rows.filter(at__lt=end)


def _filtered(tenant_id: int, given: Mapping[str, Any]) -> QuerySet[SentRecord]:
    """Refused records that a filter finds."""
    _check_filter(given)
    reader = Reader.of(given)
    wanted = feeds.RequestsWanted(
        cursor=None,
        limit=1,
        app=reader("app", str),
        configuration=reader("configuration", str),
        outcome=reader.choice("outcome", ERRORS),
        text=reader("text", str),
        start=reader.time("from"),
        end=reader.time("to"),
        reason=reader("reason", str),
    )
    parts = reader("containing", str)
    try:
        reader.finish()
        rows = feeds.matching(tenant_id, wanted)
    except ParametersError as fault:
        raise ParametersError({f"records.{name}": texts for name, texts in fault.errors.items()}) from None
    if wanted.outcome is None:
        rows = rows.filter(outcome__in=ERRORS)
    return searching.narrowed(rows, tenant_id, parts, wanted.reason).exclude(actor_type=Change.Actor.REPLAY)


def _check_filter(given: Mapping[str, Any]) -> None:
    faults = {
        f"records.{name}": [sentence("unknown", name, known=", ".join(FILTERS))]
        if name not in FILTERS
        else [sentence("string", name)]
        for name, text in given.items()
        if name not in FILTERS or not isinstance(text, str)
    }
    if faults:
        raise ParametersError(faults)


def _named(tenant_id: int, given: Any) -> QuerySet[SentRecord]:
    """Records by their ids."""
    if not isinstance(given, list) or not 0 < len(given) <= NUMBER:
        raise ParametersError({"records": [f"The records must be a filter or a JSON array of 1 to {NUMBER} ids."]})
    known = {text: searching.as_id(text) for text in map(str, given)}
    wanted = [id for id in known.values() if id is not None]
    rows = SentRecord.objects.filter(tenant_id=tenant_id, id__in=wanted, at__in=[*map(ids.moment_of, wanted)])
    rows = rows.exclude(actor_type=Change.Actor.REPLAY)
    found = set(rows.values_list("id", flat=True))
    missing = [text for text, id in known.items() if id not in found]
    if missing:
        raise ParametersError({"records": [f"There is no record {_listed(missing)} that was sent."]})
    return rows


def _listed(missing: Sequence[str]) -> str:
    return ", ".join(each[:36] for each in missing[:3]) + (" and others" if len(missing) > 3 else "")


def _corrected(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is to be read in the place of what was sent: heading -> text, or null for empty."""
    given = asked["sent"]
    if not isinstance(asked["records"], list) or len(asked["records"]) != 1:
        raise ParametersError({"sent": ["What was sent can be corrected of a single record only."]})
    if (
        not isinstance(given, dict)
        or not given
        or not all(text is None or type(text) is str for text in given.values())
    ):
        raise ParametersError({"sent": ["The sent must be an object of headings and texts."]})
    return given


def place_of(position_at: datetime | None, position_id: UUID | None) -> Place | None:
    """A checkpoint as a place in the history."""
    return Place(position_at, position_id) if position_at and position_id else None
