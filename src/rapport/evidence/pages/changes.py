"""Changes: the whole ledger, newest first: who changed what, when, from what to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.shortcuts import render

from rapport.directory.joined import others
from rapport.directory.legend import OTHERS, Legend
from rapport.directory.models import Contact
from rapport.evidence import actors, changes, trace
from rapport.evidence.forms import ChangesForm
from rapport.evidence.pages.legends import Legends, legends
from rapport.evidence.receipts import OBJECTS
from rapport.tenants.query import NO_CURSOR, Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from rapport.history.models import Change
    from rapport.members.access import Member

#: New entries that are counted one by one, and fields that are shown of an entry and of one that made its object.
COUNTED, SHOWN, SHOWN_OF_NEW = 99, 6, 3
#: Values that are whole objects, or ids of others; the page of the object shows them.
_INNER = ("fields", "attributes", "account_id", "contact_id", "survey_id", "survey_record_id", "campaign_id")


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The entries behind filters; with `since`, how many have come since one of them."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    before, after, since = (reader.number(name, NO_CURSOR) for name in ("before", "after", "since"))
    people = actors.people(member.tenant)
    with tenant_scope(member.tenant) as tenant_id:
        known = legends(member.tenant)
        sources = {"People": people, **actors.choices(tenant_id)}
        zone = ZoneInfo(member.tenant.time_zone)
        form = ChangesForm(request.GET, actors=sources, fields=_fields(known), zone=zone)
        valid = form.is_valid()
        if since is not None:
            found = changes.look(tenant_id, form.wanted(before=None, after=since, limit=COUNTED))
            return render(request, "evidence/new_requests.html", {"count": len(found.rows), "more": found.newer})
        look = changes.look(tenant_id, form.wanted(before=before, after=after))
        rows = list(_told(tenant_id, look.rows, known))
    first = before is None and after is None
    context = {
        "form": form,
        "rows": rows,
        "look": look,
        "first": first,
        "since": look.rows[0].seq if first and look.rows else None,
    }
    return render(request, "evidence/changes.html", context, status=200 if valid else 422)


def _fields(known: Legends) -> list[tuple[str, str]]:
    """What the ledger names and this page shows, with its labels, and whose it is where two have the same."""
    found = {name: label for name, label in OTHERS.items() if name not in _INNER}
    whose: dict[str, list[str]] = {}
    for kind, legend in known.items():
        for name, entry in legend.entries.items():
            found[name] = entry.label
            whose.setdefault(name, []).append(OBJECTS.get(kind, OBJECTS["survey_record"]).lower())
    twice = {label for label, count in Counter(found.values()).items() if count > 1}
    told = {
        name: f"{label} ({', '.join(whose[name])})" if label in twice and name in whose else label
        for name, label in found.items()
    }
    return sorted(told.items(), key=lambda field: field[1].casefold())


def _told(tenant_id: int, rows: Iterable[Change], known: Legends) -> Iterator[dict[str, Any]]:
    """Each entry with the names of what it names."""
    rows = list(rows)
    who = actors.names(tenant_id, ((row.actor_type, row.actor_id) for row in rows))
    named = trace.names(tenant_id, ({"type": row.object_type, "id": str(row.object_id)} for row in rows))
    joined, emails = others(tenant_id, rows), _emails(tenant_id, rows, named)
    for row in rows:
        told = known[row.object_type]
        fields = [name for name in sorted(row.diff, key=told.position) if name not in _INNER]
        shown = SHOWN_OF_NEW if row.kind == "created" else SHOWN
        yield {
            "change": row,
            "actor": who[row.actor_type, row.actor_id],
            "kind": OBJECTS.get(row.object_type, row.object_type),
            "name": named.get(str(row.object_id), ""),
            "email": emails.get(row.object_id),
            "fields": [_difference(told, name, *row.diff[name]) for name in fields[:shown]],
            "more": len(fields[shown:]),
            "others": joined.get(row.seq, ()),
        }


def _emails(tenant_id: int, rows: Iterable[Change], named: Mapping[str, str]) -> dict[UUID, str]:
    """The addresses of contacts that are called something else: several may be called so."""
    ids = {row.object_id for row in rows if row.object_type == "contact"}
    found = Contact.ever.filter(tenant_id=tenant_id, id__in=ids).values_list("id", "email")
    return {id: email for id, email in found if email and email != named.get(str(id))}


def _difference(told: Legend, name: str, old: Any, new: Any) -> tuple[str, str, str]:
    return told.label(name), told.text(name, old), told.text(name, new)
