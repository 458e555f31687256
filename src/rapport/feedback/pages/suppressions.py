"""Campaigns, Unsubscribes & Bounces: who gets nothing, why, and since when; added and lifted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.feedback import address_files, suppressing, suppressing_files
from rapport.records.errors import Invalid
from rapport.surveys.models import Suppressed, Suppression
from rapport.tenants.forms import Form
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

PAGE = 50
_NO_ADDRESS = {
    "email": "The e-mail must be a valid e-mail address.",
    "phone": "The phone must have 5 to 20 digits.",
    "domain": "The domain must be one such as example.com.",
}


class SuppressForm(Form):
    """What is added by hand."""

    kind = forms.ChoiceField(choices=Suppression.Kind.choices)
    address = forms.CharField(max_length=320)
    list = forms.ChoiceField(choices=Suppression.List.choices)
    reason = forms.CharField(max_length=500, help_text="Kept with it for good, and shown to everybody who asks why.")


class FileForm(Form):
    """Many at once, pasted or in a file."""

    lines = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="E-mail addresses, phone numbers or domains, one a line.",
    )
    file = address_files.AddressFileField(
        *suppressing_files.FITS,
        help_text="The same as text, or CSV with headings: its first column with e-mail addresses, domains or numbers."
        " Up to 2.4 MB.",
    )
    list = forms.ChoiceField(choices=Suppression.List.choices)
    reason = forms.CharField(max_length=500, help_text="Kept with each of them for good.")

    def clean(self) -> dict[str, Any]:
        """The addresses beside: all of them, or a sentence for each line that has none."""
        given = super().clean() or {}
        try:
            pasted = address_files.read(given.get("lines", "").encode(), *suppressing_files.FITS)
        except address_files.UnreadableError as fault:
            pasted = []
            self.add_error("lines", str(fault))
        given["addresses"] = []
        for name, lines in (("lines", pasted), ("file", given.get("file") or [])):
            found, faults = suppressing_files.checked(lines)
            given["addresses"] += found
            if faults:
                self.add_error(name, faults)
        if not given["addresses"] and not self.errors:
            self.add_error("lines", "Paste lines, or choose a file that has some.")
        return given


class LiftForm(Form):
    """Why somebody gets surveys again."""

    reason = forms.CharField(max_length=500, help_text="Kept in the audit log: who asked for it, and how.")


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """What gets nothing now, newest first, and a form that adds to it."""
    form = SuppressForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(request, member, form):
        return redirect(member.to("suppressions"))
    wanted = request.GET.get("list", "")
    with tenant_scope(member.tenant) as tenant_id:
        rows = Suppressed.objects.filter(tenant_id=tenant_id)
        if wanted in Suppression.List.values:
            rows = rows.filter(list=wanted)
        begin = int(request.GET["start"]) if request.GET.get("start", "").isdigit() else 0
        found = list(rows.order_by("list", "-at", "key")[begin : begin + PAGE + 1])
        acts = suppressing.listed(tenant_id, [row.suppression_id for row in found])
    lines = [{"row": row, "act": acts.get(row.suppression_id)} for row in found[:PAGE]]
    context = {
        "lines": lines,
        "form": form,
        "wanted": wanted,
        "older": begin + PAGE if len(found) > PAGE else None,
        "lists": Suppression.List.choices,
    }
    return render(request, "feedback/suppressions.html", context, status=422 if form.errors else 200)


def from_file(request: HttpRequest, member: Member) -> HttpResponse:
    """A form that suppresses many at once: all of them, or none where a line has a fault."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        options = {"on": given["list"], "reason": given["reason"]}
        with tenant_scope(member.tenant) as tenant_id:
            number = suppressing.add_file(tenant_id, given["addresses"], member.author, **options)
        there = len({each.key for each in given["addresses"]}) - number
        messages.success(request, f"{number:,} get nothing from now on; {there:,} were there already.")
        return redirect(member.to("suppressions"))
    return render(request, "feedback/suppress_file.html", {"form": form}, status=422 if form.errors else 200)


def lift(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks why, then lets an address get surveys again."""
    with tenant_scope(member.tenant) as tenant_id:
        act = Suppression.objects.filter(tenant_id=tenant_id, id=UUID(id), act=Suppression.Act.ADDED).first()
    if act is None:
        raise Http404
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with tenant_scope(member.tenant) as tenant_id:
            done = suppressing.lift(tenant_id, act.id, member.author, form.cleaned_data["reason"])
        (messages.success if done else messages.error)(request, "It is lifted." if done else "It was lifted already.")
        return redirect(member.to("suppressions"))
    context = {"act": act, "form": form}
    return render(request, "feedback/lift.html", context, status=422 if form.errors else 200)


def _add(request: HttpRequest, member: Member, form: Any) -> bool:
    given = form.cleaned_data
    try:
        address = suppressing.address(given["kind"], given["address"])
    except Invalid:
        form.add_error("address", _NO_ADDRESS[given["kind"]])
        return False
    with tenant_scope(member.tenant) as tenant_id:
        options = {"on": given["list"], "source": "hand", "reason": given["reason"]}
        added = suppressing.add(tenant_id, address, member.author, **options)
    messages.success(
        request, f"{address.text} gets nothing from now on." if added else f"{address.text} was there already."
    )
    return True
