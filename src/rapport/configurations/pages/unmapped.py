"""Unmapped fields: headings that nothing maps, and what to do about each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import remedies, unmapped
from rapport.configurations.errors import ConfigurationError
from rapport.configurations.forms import MapForm, OwnFieldForm, tell
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.configurations.proposal import guess
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
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
    for row in rows:
        row["values"] = list(dict.fromkeys(row["values"]))
    rows.sort(key=lambda row: configurations[row["configuration"]].name)
    groups = [
        (configurations[reference], sorted(found, key=lambda row: -row["count"]))
        for reference, found in groupby(rows, key=lambda row: row["configuration"])
    ]
    context = {
        "groups": groups,
        "dismissed": dismissed,
        "narrowed": configurations.get(wanted),
        "all": len(rows) < SHOWN,
    }
    return render(request, "configurations/unmapped.html", context)


def remedy(request: HttpRequest, member: Member) -> HttpResponse:
    """Maps a heading to a field that there is, or to a new one."""
    act = request.POST.get("act")
    error = _act(request, member, act) if request.method == "POST" else None
    if request.method == "POST" and error is None:
        return redirect(member.to("unmapped"))
    with tenant_scope(member.tenant) as tenant_id:
        case = _case(request, tenant_id)
    form = MapForm(request.POST if act == "map" else None, case=case)
    own = OwnFieldForm(request.POST if act == "field" else _proposed(case), case.objects)
    if error is not None:
        chosen = form if act == "map" else own
        chosen.full_clean()
        tell(chosen, error)
    context = {"case": case, "form": form, "own": own, "quiet_since": _quiet_since(case)}
    return render(request, "configurations/remedy.html", context, status=422 if error or form.errors else 200)


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
    found = remedies.case(tenant_id, request.GET.get("configuration", ""), request.GET.get("heading", ""))
    if found is None or not found.heading["heading"]:
        raise Http404
    return found


def _proposed(case: Case) -> dict[str, str]:
    """What a custom field for the heading would probably be."""
    values = guess(case.heading["values"])
    return {"own-label": case.heading["heading"], "own-type": values, "own-object": next(iter(case.objects), "")}


def _act(request: HttpRequest, member: Member, act: str | None) -> ConfigurationError | None:
    """Does what was chosen; what is wrong with it."""
    try:
        with editing(member.tenant) as tenant_id:
            told = _done(request, member, _case(request, tenant_id), act)
    except ConfigurationError as error:
        return error
    messages.success(request, f"{told} What came before can be sent again to be stored.")
    return None


def _done(request: HttpRequest, member: Member, case: Case, act: str | None) -> str:
    """Maps the heading; a sentence about it."""
    row, heading, author = case.configuration, case.heading["heading"], member.author
    if act == "field":
        given = OwnFieldForm(request.POST, case.objects).given()
        return f"{heading} fills {remedies.map_to_new(row, author, heading, given)} from now on."
    field = request.POST.get("field", "")
    before = remedies.map_to(row, author, heading, field)
    instead = f", in place of {before}" if before else ""
    return f"{heading} fills {_label(case, field)} from now on{instead}."


def _quiet_since(case: Case) -> datetime | None:
    """When the heading that it may have been was last sent."""
    before = (case.heading["suggestion"] or {}).get("heading")
    return next((last for _, heading, last in case.taken if heading == before), None)


def _label(case: Case, name: str) -> str:
    fields = [*case.free, *(field for field, *_ in case.taken)]
    return next((field.label for field in fields if field.name == name), name)
