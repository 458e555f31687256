"""The page on which configurations are made and changed; one form that each of its buttons sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render

from rapport.configurations import catalogue, edits, fields, proposal
from rapport.configurations.changes import Edit, since
from rapport.configurations.editor import Editor, fill, fill_in, free
from rapport.configurations.errors import BusyError, FaultsError, ViewOnlyError
from rapport.configurations.forms import tell
from rapport.configurations.locks import editing
from rapport.records.errors import Malformed
from rapport.tenants.scope import tenant_scope

from . import found

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A configuration that is being made."""
    if request.method == "POST":
        return _acted(request, member, None)
    data = QueryDict(mutable=True)
    data.update({name: request.GET[name] for name in ("kind", "data_type", "name") if name in request.GET})
    with tenant_scope(member.tenant) as tenant_id:
        editor = _editor(tenant_id, None, data)
    return _drawn(request, editor)


def edit(request: HttpRequest, member: Member, reference: str) -> HttpResponse:
    """A configuration that is being changed."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        data = QueryDict(mutable=True)
        fill_in(data, row)
        editor = _editor(tenant_id, reference, data)
    if row.is_default:
        messages.error(request, str(ViewOnlyError()))
        return redirect(member.to("configuration", reference=reference))
    return _acted(request, member, reference) if request.method == "POST" else _drawn(request, editor)


def _acted(request: HttpRequest, member: Member, reference: str | None) -> HttpResponse:
    """Does what the pressed button says."""
    data = request.POST.copy()
    act, _, about = data.get("act", "save").partition(":")
    if act == "save":
        return _saved(request, member, reference, data)
    if act == "field" and data.get("own-object"):
        return _field_made(request, member, reference, data)
    context: dict[str, Any] = {}
    with tenant_scope(member.tenant) as tenant_id:
        if act == "ignore":
            data.appendlist("ignored", about)
        elif act == "heading":
            data.appendlist(f"{about}-also", "")
        elif act == "own":
            _begin_field(data, about)
        elif act == "propose":
            context = _propose(_editor(tenant_id, reference, data))
        editor = _editor(tenant_id, reference, data)
    if "sample_fault" in context:
        editor.form.add_error("sample", context["sample_fault"])
    return _drawn(request, editor, 422 if editor.form.errors and act == "propose" else 200, **context)


def _saved(request: HttpRequest, member: Member, reference: str | None, data: QueryDict) -> HttpResponse:
    try:
        with editing(member.tenant) as tenant_id:
            editor = _editor(tenant_id, reference, data)
            if editor.row is None:
                row, told = edits.create(tenant_id, member.author, editor.content), "{} is ready for callers."
            else:
                row = editor.row
                meanwhile = since(row, editor.form.cleaned_data.get("version"))
                if meanwhile:
                    return _refused(request, editor, row.version, meanwhile)
                changed = edits.change(row, member.author, editor.content)
                told = "{} is saved." if changed else "{} is as it was."
    except BusyError as error:
        return _busy(request, member, reference, data, error)
    except FaultsError as error:
        editor.tell(error.errors)
        return _drawn(request, editor, 422, faults=sum(map(len, error.errors.values())))
    messages.success(request, told.format(row.name))
    return redirect(member.to("configuration", reference=row.reference))


def _refused(request: HttpRequest, editor: Editor, version: int, meanwhile: list[Edit]) -> HttpResponse:
    """Somebody else was faster: what they did, with the own input kept; saving again is meant."""
    editor.data["version"] = version
    return _drawn(request, editor, 409, meanwhile=meanwhile)


def _busy(
    request: HttpRequest, member: Member, reference: str | None, data: QueryDict, error: BusyError
) -> HttpResponse:
    """Somebody else holds the lock: nothing was done, and nothing that was typed is lost."""
    with tenant_scope(member.tenant) as tenant_id:
        editor = _editor(tenant_id, reference, data)
    editor.form.add_error(None, str(error))
    return _drawn(request, editor, 409)


def _field_made(request: HttpRequest, member: Member, reference: str | None, data: QueryDict) -> HttpResponse:
    """Makes a custom field and maps it."""
    try:
        with editing(member.tenant) as tenant_id:
            editor = _editor(tenant_id, reference, data)
            if editor.own is None:  # a form without a data type is none of ours
                return _drawn(request, editor, 422)
            made = fields.create(tenant_id, member.author, fields.with_name(tenant_id, editor.own.given()))
            heading = data.get("own-heading") or made.label
    except BusyError as error:
        return _busy(request, member, reference, data, error)
    except FaultsError as error:
        assert editor.own is not None  # whose content it was
        tell(editor.own, error)
        return _drawn(request, editor, 422, own_open=True)
    fill(data, {f"{made.object}.{made.name}": heading})
    for name in [name for name in data if name.startswith("own-")]:
        del data[name]
    with tenant_scope(member.tenant) as tenant_id:
        editor = _editor(tenant_id, reference, data)
    return _drawn(request, editor, field_made=made)


def _begin_field(data: QueryDict, heading: str) -> None:
    """Prepares the form of a custom field for an unknown heading of the sample."""
    try:
        values = proposal.read(data.get("sample", "")).get(heading, [])
    except Malformed:
        values = []
    own = {"label": heading, "heading": heading, "type": proposal.guess(values), "choices": ""}
    data.update({f"own-{name}": value for name, value in own.items()})


def _propose(editor: Editor) -> dict[str, Any]:
    """Ticks the fields that the pasted sample probably fills."""
    try:
        sample = proposal.read(editor.form.cleaned_data.get("sample", ""))
    except Malformed as fault:
        return {"sample_fault": str(fault)}
    mapped = {entry["heading"] for entry in editor.entries}
    left = {heading: values for heading, values in sample.items() if heading not in mapped}
    proposed = proposal.propose(left, free(editor)).mapped
    fill(editor.data, proposed)
    return {"proposed": len(proposed), "sampled": len(sample)}


def _editor(tenant_id: int, reference: str | None, data: QueryDict) -> Editor:
    row = None if reference is None else found(tenant_id, reference)
    mapped = [entry["field"] for entry in row.mapping] if row else ()
    return Editor(data, catalogue.of_tenant(tenant_id, mapped), row)


def _drawn(request: HttpRequest, editor: Editor, status: int = 200, **context: Any) -> HttpResponse:
    context = {"editor": editor, "own_open": bool(editor.data.get("own-label"))} | context
    return render(request, "configurations/edit.html", context, status=status)
