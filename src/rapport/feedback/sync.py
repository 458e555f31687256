"""The reference's feeds of responses and non-responses: each item once, in the order of entering (contract, "Answers").

The cursor is the ledger's number under which an item entered, which follows the order of commits: whoever stores it
misses nothing and sees nothing twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from rapport.directory.models import Account, Contact
from rapport.directory.representation import CONTACT_ATTRIBUTES
from rapport.surveys.models import Entry, ExternalResponse, Response, SurveyRecord
from rapport.tenants.query import LIMITS, ParametersError, Reader

from .responses import EXTERNAL, RESPONSE, Answer, by_id, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

    from rapport.tenants.models import Tenant

PARTS = ("drivers", "tags", "questions", "properties")
#: Field of a period -> its columns in survey records, responses and external responses; "": it has none.
PERIODS = {
    "date_creation": ("created_at", "", "created_at"),
    "date_order": ("order_date", "", ""),
    "date_sent": ("sent_at", "", "sent_date"),
    "date_survey_response": ("", "answered_at", "response_date"),
}
_PERIOD_PARTS = ("field", "start", "end")
#: A date without a time.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WITH = re.compile(r"with(\[\d*\])?")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a caller wants of a feed."""

    cursor: int = 0
    per_page: int = LIMITS[-1]
    parts: frozenset[str] = frozenset()
    field: str | None = None
    #: From this moment on, and before that one.
    start: datetime | None = None
    end: datetime | None = None


def read(query_string: str, zone: ZoneInfo) -> Wanted:
    """Reads the query; parameters that the reference does not know are left alone. Raises `ParametersError`."""
    pairs = parse_qsl(query_string, keep_blank_values=True)
    parts = [value for name, value in pairs if _WITH.fullmatch(name)]
    reader = Reader(query_string)
    told = f"The per_page must be a whole number from 1 to {LIMITS[-1]}."
    per_page = reader.number("per_page", told)
    if per_page is not None and per_page not in LIMITS:
        reader.errors["per_page"] = [told]
    cursor = reader.number("cursor", "The cursor must be a whole number, the `cursor.next` of the answer before.")
    if unknown := sorted(set(parts) - set(PARTS)):
        allowed = ", ".join(PARTS)
        reader.errors["with"] = [f"The with must be one of {allowed}, not {', '.join(unknown)[:100]}."]
    period = _period(reader, zone)
    if reader.errors:
        raise ParametersError(reader.errors)
    return Wanted(cursor=cursor or 0, per_page=per_page or LIMITS[-1], parts=frozenset(parts), **period)


def _period(reader: Reader, zone: ZoneInfo) -> dict[str, Any]:
    """Field and bounds of the period, all or none; days are those of the system's zone, the last one included."""
    given = {part: reader.given.get(f"period[{part}]", "").strip() for part in _PERIOD_PARTS}
    if not any(given.values()):
        return {}
    for part, text in given.items():
        if not text:
            reader.errors[f"period[{part}]"] = ["The period needs field, start and end, all three or none."]
    if given["field"] and given["field"] not in PERIODS:
        reader.errors["period[field]"] = [f"The period[field] must be one of {', '.join(PERIODS)}."]
    found: dict[str, Any] = {"field": given["field"]}
    for part, more in (("start", 0), ("end", 1)):
        if given[part]:
            try:
                found[part] = moment(given[part], zone, more)
            except (ValueError, OverflowError):
                reader.errors[f"period[{part}]"] = [f"The period[{part}] must be a date such as 2026-01-31."]
    return found


def moment(text: str, zone: ZoneInfo, later: int = 0) -> datetime:
    """A moment in its own offset, else in the zone; of a date without a time the midnight `later` days after it.

    Raises `ValueError`, `OverflowError`.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    found += timedelta(days=later if _DAY.fullmatch(text) else 0)
    return found.astimezone(UTC)


def responses(tenant: Tenant, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    """A page of what was answered, and the cursor behind it; inside the tenant's scope. Index: feed_entries_pkey."""
    entries = _entries(tenant.pk, Entry.Feed.RESPONSES, wanted)
    if wanted.field:
        record, response, external = PERIODS[wanted.field]
        of_period = Q(object_type=RESPONSE) & Q(_answered(tenant.pk, wanted, record, response))
        if external:
            of_period |= Q(object_type=EXTERNAL) & Q(Exists(_of(ExternalResponse, tenant.pk, wanted, external)))
        entries = entries.filter(of_period)
    found = list(entries[: wanted.per_page])
    told = {answer.id: answer for answer in load(tenant.pk, [entry.object_id for entry in found], ever=True)}
    items = [_item(tenant, told[entry.object_id], wanted) for entry in found if entry.object_id in told]
    return items, found[-1].seq if found else wanted.cursor


def non_responses(tenant: Tenant, wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    """A page of survey records without an answer, likewise. Index: feed_entries_pkey, survey_records_pkey."""
    answered = Response.objects.filter(
        tenant_id=tenant.pk, survey_record_id=OuterRef("object_id"), entered_seq__isnull=False
    )
    entries = _entries(tenant.pk, Entry.Feed.NON_RESPONSES, wanted).filter(~Exists(answered))
    if wanted.field:
        column = PERIODS[wanted.field][0]
        entries = entries.filter(Exists(_of(SurveyRecord, tenant.pk, wanted, column))) if column else entries.none()
    found = list(entries[: wanted.per_page])
    records = by_id(SurveyRecord, tenant.pk, (entry.object_id for entry in found), ever=True)
    contacts = by_id(Contact, tenant.pk, (row.contact_id for row in records.values()), ever=True)
    accounts = by_id(Account, tenant.pk, (row.account_id for row in records.values()), ever=True)
    items = [
        _asked(tenant, row, contacts.get(row.contact_id), accounts.get(row.account_id), wanted.parts)
        for entry in found
        if (row := records.get(entry.object_id))
    ]
    return items, found[-1].seq if found else wanted.cursor


def _entries(tenant_id: int, feed: str, wanted: Wanted) -> QuerySet[Entry]:
    return Entry.objects.filter(tenant_id=tenant_id, feed=feed, seq__gt=wanted.cursor).order_by("seq")


def _of(model: Any, tenant_id: int, wanted: Wanted, column: str) -> QuerySet[Any]:
    """The row that an entry is of, if it is of the period."""
    period = {f"{column}__gte": wanted.start, f"{column}__lt": wanted.end}
    rows: QuerySet[Any] = model._base_manager.filter(tenant_id=tenant_id, id=OuterRef("object_id"), **period)
    return rows


def _answered(tenant_id: int, wanted: Wanted, record: str, response: str) -> Any:
    """Whether the response of an entry is of the period: by itself, or by its survey record."""
    if response:
        return Exists(_of(Response, tenant_id, wanted, response))
    period = {f"{record}__gte": wanted.start, f"{record}__lt": wanted.end}
    asked = SurveyRecord.ever.filter(tenant_id=tenant_id, id=OuterRef("survey_record_id"), **period)
    return Exists(Response.objects.filter(Exists(asked), tenant_id=tenant_id, id=OuterRef("object_id")))


def _item(tenant: Tenant, answer: Answer, wanted: Wanted) -> dict[str, Any]:
    """A response in the reference's keys."""
    row, record = answer.row, answer.record
    made, ordered = (record.created_at, record.order_date) if record else (row.created_at, None)
    times = (made, ordered, answer.sent_at, answer.at)
    told = _common(tenant, row.number, answer, _copied(record), times)
    told |= {"nps": answer.score, "comment": row.comment, "touchpoint": row.touchpoint}
    division = row.division if answer.is_external else record.division if record else None
    if "drivers" in wanted.parts:
        told["drivers"] = [{"label": label} for label in answer.drivers]
    if "questions" in wanted.parts:
        told["questions"] = [{"question": each.question, "answer": each.answer} for each in answer.said]
    return told | _more(wanted.parts, division, answer.attributes)


def _asked(
    tenant: Tenant, row: SurveyRecord, contact: Contact | None, account: Account | None, parts: frozenset[str]
) -> dict[str, Any]:
    """A survey record without an answer, in the same keys."""
    answer = Answer(type=RESPONSE, row=row, record=row, contact=contact, account=account)
    times = (row.created_at, row.order_date, row.sent_at, None)
    told = _common(tenant, row.number, answer, _copied(row), times)
    told |= {"nps": None, "comment": None, "touchpoint": row.touchpoint}
    told |= {part: [] for part in ("drivers", "questions") if part in parts}
    return told | _more(parts, row.division, row.attributes)


def _copied(record: SurveyRecord | None) -> Mapping[str, Any]:
    """Contact and account as they were when they were asked."""
    return record.fields if record else {}


def _common(
    tenant: Tenant, number: int | None, answer: Answer, copied: Mapping[str, Any], times: Iterable[datetime | None]
) -> dict[str, Any]:
    """What responses and non-responses have in common; `times` are those of making, order, sending and answering."""
    contact, account = answer.contact, answer.account

    def known(name: str, owner: Any, column: str = "") -> Any:
        return copied.get(name, getattr(owner, column or name, None))

    zone = ZoneInfo(tenant.time_zone)
    names = ("date_creation", "date_order", "date_email_sent", "date_survey_response")
    return {
        "number_customergauge": number,
        "number_customer": known("number", account),
        "contact": {name: known(name, contact) for name in ("first_name", "last_name")},
        "account": {"name": known("account_name", account, "name")},
        "email": known("email", contact),
        "phone": known("phone", contact),
        **{name: _time(moment, zone) for name, moment in zip(names, times, strict=True)},
        "custom_fields": [
            *_pairs("contact", contact.attributes if contact else {}),
            *_pairs("account", account.attributes if account else {}),
        ],
    }


def _more(parts: frozenset[str], division: str | None, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller asks for by `with`; there are no tags yet."""
    told: dict[str, Any] = {"tags": []} if "tags" in parts else {}
    if "properties" in parts:
        own = [] if division is None else [{"field": "division", "reference": division}]
        told["properties"] = own + _pairs("survey", attributes)
    return told


def _pairs(owner: str, attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    own = sorted(attributes.keys() - (CONTACT_ATTRIBUTES if owner == "contact" else ()))
    return [{"field": f"{owner}.{name}", "reference": _text(attributes[name])} for name in own]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
