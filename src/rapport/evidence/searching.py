"""What the request history is searched by: exactly for programs, by parts for people; in its tenant's scope."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from rapport.evidence import by_name
from rapport.groups import ids
from rapport.history.models import ERRORS, SentRecord
from rapport.records.errors import Invalid
from rapport.records.keys import domain_part, email_key, phone_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

#: Digits and characters of which a part must have some to find anything.
DIGITS, SIGNS = 4, 2


def as_id(text: str) -> UUID | None:
    """The id that a text is."""
    try:
        return UUID(text)
    except ValueError:
        return None


def record(tenant_id: int, id: UUID) -> SentRecord | None:
    """The row of the record with this id. Index: the primary key."""
    return SentRecord.objects.filter(pk=(tenant_id, ids.moment_of(id), id)).first()


def records(tenant_id: int, wanted: Iterable[UUID]) -> list[SentRecord]:
    """The rows of the records with these ids, in one query. Index: the primary key."""
    places = [(tenant_id, ids.moment_of(id), id) for id in wanted]
    return list(SentRecord.objects.filter(tenant_id=tenant_id, pk__in=places)) if places else []


def exact(tenant_id: int, text: str) -> Q:
    """Records of a request id, an e-mail address or a phone number; or the one of that id, where there is one."""
    id = as_id(text)
    row = id and record(tenant_id, id)
    if row:
        return Q(at=row.at, id=row.id)
    named = Q(request_id=text)
    for column, key in (("email_key", email_key), ("phone_key", phone_key)):
        try:
            named |= Q(**{column: key(text)})
        except Invalid:
            continue
    return named


def narrowed(rows: QuerySet[SentRecord], tenant_id: int, text: str | None, reason: str | None) -> QuerySet[SentRecord]:
    """Rows that a text finds, and that were refused with a sentence, or with each of several lines, and nothing else.

    A text finds by its parts, too: of addresses and numbers, of all that a refused record carried, and others by what
    their contacts and accounts are called.
    """
    if text is not None:
        wanted = exact(tenant_id, text) | _parts(text)
        if len(text.strip()) >= SIGNS:
            wanted |= by_name.condition(tenant_id, text)
        rows = rows.alias(carried=Cast("sent", TextField()), **by_name.TOUCHED).filter(wanted)
    if reason is not None:
        sentences = [json.dumps(each, ensure_ascii=False) for each in reason.splitlines() if each]
        rows = rows.alias(told=Cast("errors", TextField())).filter(told__regex=_nothing_but(sentences))
        for sentence in sentences:
            rows = rows.filter(told__contains=sentence)
    return rows


def _nothing_but(sentences: Iterable[str]) -> str:
    """What matches a JSON object whose arrays have no other strings: it may hold a NUL, which no `jsonb` takes."""
    name, some = r'"(?:[^"\\]|\\.)*"', "|".join(map(re.escape, sentences))
    return rf"^\{{(?:[\s,]*{name}\s*:\s*\[(?:[\s,]|{some})*\])*\s*\}}$"


def _parts(text: str) -> Q:
    part, digits = text.lower(), "".join(filter(str.isdigit, text))
    found = Q(outcome__in=ERRORS, carried__icontains=json.dumps(text, ensure_ascii=False)[1:-1])
    if len(part) >= SIGNS:
        found |= Q(email_key__contains=part) | Q(email_key__contains=domain_part(part))
    return found | Q(phone_key__contains=digits) if len(digits) >= DIGITS else found
