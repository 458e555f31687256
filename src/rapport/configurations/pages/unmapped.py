"""Unmapped fields: headings that nothing maps, and what to do about each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import catalogue, copies, remedies, unmapped
from rapport.configurations.errors import ConfigurationError
from rapport.configurations.forms import MapForm, OwnFieldForm, tell
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.configurations.proposal import guess
from rapport.records.types import ALL
from rapport.tenants import lifecycle
from rapport.tenants.scope import tenant_scope

from . import found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from rapport.configurations.remedies import Case
    from rapport.members.access import Member

#: Headings on the page, those seen last.
SHOWN = 100


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The headings of each configuration that nothing maps, or those that were dismissed."""
    wanted, dismissed = request.GET.get("configuration", ""), "dismissed" in request.GET
    with tenant_scope(member.tenant) as tenant_id:
        rows = unmapped.headings(tenant_id, wanted or None, SHOWN, dismissed=dismissed)
        configurations = {row.reference: row for row in Configuration.objects.filter(tenant_id=tenant_id)}
        mended = copies.mended(tenant_id, rows)
    for row in rows:
        row["values"] = list(dict.fromkeys(row["values"]))
        row["mended"] = mended.get((row["configuration"], row["heading"]))
    rows.sort(key=lambda row: configurations[row["configuration"]].name)
    groups = [
        (configurations[reference], sorted(own, key=lambda row: -row["count"]))
        for reference, own in groupby(rows, key=lambda row: row["configuration"])
    ]
    context = {
        "groups": groups,
        "dismissed": dismissed,
        "narrowed": configurations.get(wanted),
        "all": len(rows) < SHOWN,
    }
    return render(request, "configurations/unmapped.html", context)


def remedy(request: HttpRequest, member: Member) -> HttpResponse:
    """Maps a heading to a field that there is, or to a new one; of a view-only configuration in a copy."""
    act = request.POST.get("act")
    with tenant_scope(member.tenant) as tenant_id:
        case = _case(request, tenant_id)
        if (where := case.mapped_in) is not None:
            return redirect(_told(request, member, where, case))
        parts = lifecycle.parts("map-heading", case)
        values = unmapped.kept(tenant_id, case.configuration.id, case.heading["heading"])
    form = MapForm(request.POST if act == "map" else None, case=case)
    own = OwnFieldForm(request.POST if act == "field" else _proposed(case, values), case.objects)
    status = 200
    if request.method == "POST":
        chosen = form if act == "map" else own
        try:
            return redirect(_mapped(request, member, case, act))
        except ConfigurationError as error:
            chosen.full_clean()
            tell(chosen, error)
            status = 422
    context = {"case": case, "form": form, "own": own, "parts": parts, "values": values}
    context |= {"by_file": _by_file(request, case.configuration)}
    context |= {"name": request.POST.get("name", ""), "quiet_since": _quiet_since(case)}
    context["into"] = request.POST.get("into", case.copy.reference if case.copy else "")
    return render(request, "configurations/remedy.html", context, status=status)


def mapped(request: HttpRequest, member: Member) -> HttpResponse:
    """What a heading fills since it was mapped, and what to tell whoever sends it."""
    heading, instead = request.GET.get("heading", ""), request.GET.get("instead", "")
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, request.GET.get("configuration", ""))
        field = next((entry["field"] for entry in row.mapping if entry["heading"] == heading), None)
        if field is None:
            raise Http404
        known = catalogue.of_tenant(tenant_id).fields(ALL[row.data_type])
        old = Configuration.objects.filter(tenant_id=tenant_id, reference=instead).first()
        told = unmapped.one(tenant_id, instead, heading) if old else None
        mended = copies.mended(tenant_id, [told]).get((instead, heading)) if told else None
    about = {"row": row, "heading": heading, "label": known[field].label, "instead": old}
    about["more"] = {
        entry["heading"]: known[entry["field"]].label
        for entry in row.mapping
        if old and entry["heading"] != heading and entry["field"] in known and not copies.maps(old, entry["heading"])
    }
    before = [entry["heading"] for entry in row.mapping if entry["field"] == field and entry["heading"] != heading]
    context = about | {"before": before, "sentence": _letter(about), "mended": mended, "told": told}
    context["by_file"] = _by_file(request, row)
    return render(request, "configurations/mapped.html", context)


def _letter(about: Mapping[str, Any]) -> str:
    """What whoever sends a heading that is mapped now should know: all that the copy maps and the default does not."""
    row, heading, label, old = about["row"], about["heading"], about["label"], about["instead"]
    if old is None:
        told = f"What you send as {heading} with configuration={row.reference} is stored as {label} from now on."
        return f"{told} You need not change anything."
    stored = [f"{heading} is stored as {label}", *(f"{name} as {field}" for name, field in about["more"].items())]
    told = " and ".join([*([", ".join(stored[:-1])] if stored[:-1] else []), stored[-1]])
    return (
        f"Please send configuration={row.reference} in place of configuration={old.reference}: then what you send as "
        f"{told}. Everything else stays as it is."
    )


def dismiss(request: HttpRequest, member: Member) -> HttpResponse:
    """Takes a heading from the list."""
    return _mark(request, member, unmapped.dismiss, "is dismissed; it goes on being counted.")


def restore(request: HttpRequest, member: Member) -> HttpResponse:
    """Brings a dismissed heading back."""
    return _mark(request, member, unmapped.restore, "is back on the list.")


def forget(request: HttpRequest, member: Member) -> HttpResponse:
    """Deletes a heading with its values, once it was asked whether to."""
    if request.method == "POST":
        return _mark(request, member, unmapped.forget, "is forgotten, with its values; if it comes again it is new.")
    if "heading" not in request.GET:
        return redirect(member.to("unmapped"))
    with tenant_scope(member.tenant) as tenant_id:
        heading = _case(request, tenant_id).heading
    if not heading["count"]:
        raise Http404
    context = {
        "title": f"Forget {heading['heading']}?",
        "sentences": [
            f"Its count of {heading['count']:,} and the values kept with it are deleted, for good. The request history "
            "keeps what was sent as long as ever.",
            "If it comes again, it is on the list as a new one; Dismiss keeps it off the list.",
        ],
        "action": "Forget",
        "danger": True,
        "back": member.to("unmapped"),
        "fields": {"configuration": heading["configuration"], "heading": heading["heading"]},
    }
    return render(request, "console/confirm.html", context)


def _mark(request: HttpRequest, member: Member, mark: Any, told: str) -> HttpResponse:
    heading = request.POST.get("heading", "")
    with tenant_scope(member.tenant) as tenant_id:
        if not mark(tenant_id, member.author, request.POST.get("configuration", ""), heading):
            raise Http404
    messages.success(request, f"{heading} {told}")
    return redirect(member.to("unmapped"))


def _case(request: HttpRequest, tenant_id: int) -> Case:
    """The heading that the address names. Raises `Http404` where there is no such configuration."""
    heading = request.GET.get("heading", "")
    if not heading:
        raise Http404
    into = request.POST.get("into", request.GET.get("into"))
    return remedies.case(found(tenant_id, request.GET.get("configuration", "")), heading, into)


def _proposed(case: Case, values: Iterable[tuple[str, int]]) -> dict[str, str]:
    """What a custom field for the heading would probably be; as a choice it would offer the values that came."""
    return {
        "own-label": case.heading["heading"],
        "own-type": guess(case.heading["values"]),
        "own-object": next(iter(case.objects), ""),
        "own-choices": "\n".join(value.strip() for value, _ in values if value.strip()),
    }


def _mapped(request: HttpRequest, member: Member, case: Case, act: str | None) -> str:
    """Maps the heading; the address of what to tell its sender. Raises `ConfigurationError`."""
    heading, before = case.heading["heading"], case.configuration
    with editing(member.tenant) as tenant_id:
        said = {name: request.POST.get(name, "").strip() for name in ("name", "into")}
        row = remedies.in_copy(found(tenant_id, before.reference), member.author, **said)
        if act == "field":
            given = OwnFieldForm(request.POST, case.objects).given()
            remedies.map_to_new(row, member.author, heading, given)
        else:
            remedies.map_to(row, member.author, heading, request.POST.get("field", ""))
    return _told(request, member, row, case)


def _told(request: HttpRequest, member: Member, row: Configuration, case: Case) -> str:
    """The address of the page about a heading that is mapped in `row`, which may stand in place of the case's."""
    query = {"configuration": row.reference, "heading": case.heading["heading"]}
    query |= {"instead": case.configuration.reference} if row.id != case.configuration.id else {}
    query |= {"file": "1"} if _by_file(request, row) else {}
    return f"{member.to('heading-mapped')}?{urlencode(query)}"


def _by_file(request: HttpRequest, row: Configuration) -> bool:
    """Whether a heading came as a column of a file: nobody sends it who could be written to."""
    return row.kind == Configuration.Kind.FILE or "file" in request.GET


def _quiet_since(case: Case) -> datetime | None:
    """When the heading that it may have been was last sent."""
    before = str((case.heading["suggestion"] or {}).get("heading"))
    return next((headings[before] for _, headings in case.taken if before in headings), None)
