"""Sending again, as people do it: what would become of which records, then doing it, then how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations.models import Configuration
from rapport.evidence import searching, trace
from rapport.evidence.forms import CorrectionForm
from rapport.evidence.models import Replay
from rapport.evidence.pages.legends import legends
from rapport.evidence.pages.times import BOUNDS, zoned
from rapport.evidence.replaying import plan, run
from rapport.evidence.replaying.cases import MovedError
from rapport.evidence.replaying.chosen import BESIDE
from rapport.evidence.whom import Whom, whom
from rapport.tenants.errors import BusyError
from rapport.tenants.query import ParametersError
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

#: Replays that are listed.
LISTED = 50
#: Why something is not written -> what people read; what is not here is a sentence already.
REASONS = {
    "changed since": "others have written it since",
    "deleted since": "the object is deleted, or part of another one",
    "account deleted since": "the account was deleted since, and is not made again: restore it first",
    "key taken since": "another one is found by this",
    "it has another one": "the contact has another one",
    "stored already": "the record is stored already",
    "sent again before": "it was sent again before",
    "sent empty": "it was sent empty",
    "what was sent is not kept": "what was sent is not kept any more",
    "from before records had ids": "it is from before records had ids",
    "no configuration reads it": "its configuration is gone, or not active",
    "its request was refused": "its request was refused, for an option or a key and not for what the record says",
    "another heading fills it": "another heading of the record fills the field",
    "survey records and responses are made once": "survey records and responses stay as they were made",
    "others are found by it": "objects are found by this field",
    "the record wrote no such object": "the record wrote no object that has this field",
    "a survey changes no contact that is there": "a survey changes no contact that was there already",
}
_WORDS = {"apply": "is written", "keep": "stays", "reject": "is refused", "unchanged": "is there already"}
#: Filters of the request history -> of a replay; a text finds there by its parts.
_FILTERS = {name: name for name in ("app", "configuration", "outcome", "from", "to", "reason")} | {"text": "containing"}


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """What was sent again, newest first."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = [_about(row) for row in Replay.objects.filter(tenant_id=tenant_id).order_by("-id")[:LISTED]]
    return render(request, "evidence/replays.html", {"rows": rows})


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """What a replay would do; with the token of that, it is done. A single record can be corrected before."""
    if request.POST.get("plan"):
        return _commit(request, member)
    asked = _asked(request.GET, ZoneInfo(member.tenant.time_zone))
    form = _correction(request, member)
    context: dict[str, Any] = {"form": form, "back": _back(request, member)}
    with tenant_scope(member.tenant) as tenant_id:
        context["asked"] = plan.named(tenant_id, asked)
    context |= _beside(request, member, asked)
    if form is not None and form.is_valid():
        asked["sent"] = form.given()
    try:
        planned = plan.plan(member.tenant, asked)
    except ParametersError as fault:
        return render(request, "evidence/new_replay.html", context | {"fault": _sentences(fault)}, status=422)
    except BusyError as fault:
        return render(request, "evidence/new_replay.html", context | {"fault": str(fault)}, status=503)
    context |= {
        "token": planned.token,
        "counts": planned.counts,
        "more": planned.more,
        "reasons": reasons(planned.reasons),
        "examples": _examples(member, planned.examples),
    }
    return render(request, "evidence/new_replay.html", context)


def _beside(request: HttpRequest, member: Member, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What can be chosen beside, and what the address has besides that."""
    given = ("read_by",) if "records" in asked else BOUNDS
    kept = [(name, text) for name, text in request.GET.items() if name not in given]
    if "records" in asked:
        return {"kept": kept, "readers": _readers(member, asked.get("configuration"))}
    return {"kept": kept, "period": {name: request.GET.get(name, "") for name in BOUNDS}}


def shown(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """How far a replay is, and what it did."""
    with tenant_scope(member.tenant) as tenant_id:
        row = Replay.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
        if row is None:
            raise Http404
        about = _about(row)
    return render(request, "evidence/replay.html", about)


def reasons(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sentences with how often each holds, the most frequent first."""
    return [(REASONS.get(code, code), n) for code, n in sorted(counted.items(), key=lambda each: -each[1])]


def _commit(request: HttpRequest, member: Member) -> HttpResponse:
    try:
        row = plan.commit(member.tenant, member.author, request.POST["plan"])
    except ParametersError as fault:
        messages.error(request, _sentences(fault))
    except (MovedError, BusyError) as fault:
        messages.error(request, str(fault))
    else:
        return redirect(member.to("replay", id=row.id))
    return redirect(request.get_full_path())


def _sentences(fault: ParametersError) -> str:
    return " ".join(text for texts in fault.errors.values() for text in texts)


def _asked(query: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """What the address names: a heading, a record, or filters of the request history; times are those of the system."""
    if query.get("heading"):
        beside = zoned({name: query[name] for name in BESIDE if query.get(name)}, zone)
        return {"heading": query["heading"], "configuration": query.get("configuration", ""), **beside}
    read_by = {"configuration": query["read_by"]} if query.get("read_by") else {}
    if query.get("record"):
        return {"records": [query["record"]], **read_by}
    filters = {ours: query[name] for name, ours in _FILTERS.items() if query.get(name)}
    return {"records": zoned(filters, zone), **read_by}


def _correction(request: HttpRequest, member: Member) -> CorrectionForm | None:
    """The form with what a single record sent, and what its configuration maps besides."""
    id = searching.as_id(request.GET.get("record", ""))
    if id is None:
        return None
    with tenant_scope(member.tenant) as tenant_id:
        row = searching.record(tenant_id, id)
        if row is None or not isinstance(row.sent, dict) or row.configuration_id is None:
            return None
        rows = Configuration.objects.filter(tenant_id=tenant_id)
        mapped = (rows.filter(reference=request.GET.get("read_by")) or rows.filter(id=row.configuration_id)).first()
    headings = [entry["heading"] for entry in mapped.mapping] if mapped else []
    return CorrectionForm(request.POST if request.method == "POST" else None, sent=row.sent, headings=headings)


def _readers(member: Member, chosen: str | None) -> list[tuple[str, str, bool]]:
    """Configurations that may read records in place of those that they have named, and which one does."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = Configuration.objects.filter(tenant_id=tenant_id, active=True).order_by("name")
        return [(row.reference, row.name, row.reference == chosen) for row in rows]


def _back(request: HttpRequest, member: Member) -> str:
    """Where somebody came from who goes no further."""
    if request.GET.get("heading"):
        return member.to("unmapped")
    id = searching.as_id(request.GET.get("record", ""))
    return member.to("request", token=id) if id else member.to("requests")


def _examples(member: Member, examples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """With words, and whom each record is about. Index: requests_pkey, record by record."""
    with tenant_scope(member.tenant) as tenant_id:
        found = {id: searching.record(tenant_id, UUID(id)) for id in {each["record"] for each in examples}}
        rows = {id: row for id, row in found.items() if row is not None}
        ids = {row.configuration_id for row in rows.values() if row.configuration_id}
        read: dict[Any, Configuration] = {
            each.id: each for each in Configuration.objects.filter(tenant_id=tenant_id, id__in=ids)
        }
        names = trace.names(tenant_id, (each for row in rows.values() for each in row.objects_written))
        known = legends(member.tenant)
    about = {id: whom(row, names, read.get(row.configuration_id)) for id, row in rows.items()}
    return [
        {
            **each,
            "whom": about.get(each["record"], Whom("Record")),
            "label": each["field"] and known[each["type"]].label(each["field"]),
            "word": _WORDS[each["verdict"]],
            "reason": REASONS.get(each["because"], each["because"]) if each["because"] else "",
        }
        for each in examples
    ]


def _about(row: Replay) -> dict[str, Any]:
    """In the tenant's scope."""
    return {
        "replay": row,
        "asked": plan.named(row.tenant_id, row.asked),
        "reasons": reasons(row.reasons),
        "running": row.state == Replay.State.RUNNING,
        "percent": round(100 * run.progress(row)),
    }
