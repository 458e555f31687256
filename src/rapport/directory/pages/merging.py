"""Merges one contact or account into another, after showing what that would do."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render

from rapport.directory import merging, removing, search
from rapport.directory.errors import FaultsError
from rapport.directory.legend import Legend, legend
from rapport.directory.models import Account, AccountKey, Contact, ContactKey
from rapport.directory.names import name_of, telling
from rapport.records.errors import Invalid
from rapport.records.keys import email_key, name_key, phone_key
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope

from .owners import found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


#: Fields that are named of those that are taken.
SHOWN = 12
#: Found by a name, to choose from.
CANDIDATES = 10
#: List of suppressions -> what is said of an address on it.
_LISTED = {"unsubscribe": "is unsubscribed", "bounce": "has bounced"}


def merge(request: HttpRequest, member: Member, id: str, kind: str) -> HttpResponse:
    """Asks for the other one by what finds it, says what would move, and merges it into this one."""
    given = request.POST.get("other", request.GET.get("other", "")).strip()
    with tenant_scope(member.tenant) as tenant_id:
        row = found(removing.MODELS[kind], tenant_id, id)
        other = _named(tenant_id, kind, given)
        context: dict[str, Any] = {"kind": kind, "row": row, "name": name_of(row), "given": given}
        if other is None or other.id == row.id:
            context |= {"unknown": bool(given), "candidates": _candidates(tenant_id, kind, given, row.id)}
            return render(request, "directory/merge.html", context)
        looked = merging.looked_at(tenant_id, kind, row.id, [other.id], {})
        taken = _taken(name_of(row), legend(member.tenant, kind), looked["fields"])
    if request.method == "POST":
        return _merge(request, member, row, other)
    told = {"title": f"Merge into {name_of(row)}?", "action": "Merge", "danger": True}
    told |= {"sentences": _sentences(row, other, taken, looked), "fields": {"other": given}}
    return render(request, "console/confirm.html", told | {"back": member.to(kind, id=id)})


def _merge(request: HttpRequest, member: Member, row: Any, other: Any) -> HttpResponse:
    kind = "contact" if isinstance(row, Contact) else "account"
    try:
        merging.merge(member.tenant, member.author, kind, row.id, [other.id])
    except (BusyError, FaultsError) as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, f"{name_of(other)} is part of {name_of(row)} now.")
    return redirect(member.to(kind, id=row.id))


def _sentences(row: Any, other: Any, taken: str, looked: Mapping[str, Any]) -> list[str]:
    """What a merge would do, where `looked` is what `merging.looked_at` tells of it."""
    counts = [(what.replace("_", " "), n) for what, n in looked["moves"].items() if n]
    moves = ", ".join(f"{n:,} {what}{'' if n == 1 else 's'}" for what, n in counts)
    return [
        f"{_told(other)} becomes part of {_told(row)}, which is found by everything that finds either.",
        f"To it move {moves}." if moves else "Nothing else belongs to it.",
        taken,
        "The merge stands in the history, from where it can be undone.",
        *(
            f"{each['key'][2:]} {_LISTED[each['list']]}: {name_of(row)} gets no mail then."
            for each in looked["suppressed"]
        ),
    ]


def _taken(name: str, legend: Legend, fields: Mapping[str, tuple[Any, Any]]) -> str:
    """Which fields the one that is kept gets of the other one."""
    own = sorted(fields, key=legend.position)
    shown = [f"{legend.label(field)} “{legend.text(field, fields[field][1])}”" for field in own[:SHOWN]]
    more = [f"and {len(own) - SHOWN:,} more"] if len(own) > SHOWN else []
    return f"What {name} lacks is taken from it: {', '.join([*shown, *more])}." if own else f"{name} lacks nothing."


def _told(row: Contact | Account) -> str:
    """Its name, and what it is found by where several are called so."""
    more = (row.email or row.phone) if isinstance(row, Contact) else ""
    return f"{name_of(row)} ({more})" if more and more != name_of(row) else name_of(row)


def _named(tenant_id: int, kind: str, text: str) -> Any:
    """The contact or account that an id, or what a record could carry, finds."""
    model: Any = ContactKey if kind == "contact" else AccountKey
    keys = model.objects.filter(tenant_id=tenant_id, key__in=list(_keys(kind, text)))
    ids = set(keys.values_list(f"{kind}_id", flat=True))
    with suppress(ValueError):
        ids.add(UUID(text))
    return removing.MODELS[kind].objects.filter(tenant_id=tenant_id, id__in=ids).first()


def _candidates(tenant_id: int, kind: str, text: str, but: UUID) -> list[tuple[UUID, str, str]]:
    """Id, name and what tells it from others of its name, of those that search finds; not the one that it is about."""
    ids = [id for id in search.find(tenant_id, kind, text, limit=CANDIDATES).ids if id != but] if text else []
    rows = removing.MODELS[kind].objects.filter(tenant_id=tenant_id, id__in=ids)
    found = {row.id: row for row in rows}
    return [(id, name_of(found[id]), telling(found[id])) for id in ids if id in found]


def _keys(kind: str, text: str) -> Iterator[str]:
    if kind == "account":
        yield name_key(text)
        return
    for prefix, key in (("e:", email_key), ("p:", phone_key)):
        try:
            yield prefix + key(text)
        except Invalid:
            continue
