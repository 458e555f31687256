"""The page on which configurations are made and changed; one form that each of its buttons sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render

from rapport.configurations import catalogue, drafts, edits, fields, proposal
from rapport.configurations.changes import since
from rapport.configurations.editor import Editor, fill, fill_in, free
from rapport.configurations.errors import BusyError, FaultsError, ViewOnlyError
from rapport.configurations.forms import tell
from rapport.configurations.locks import editing
from rapport.records.errors import Malformed
from rapport.tenants.scope import tenant_scope

from . import found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from rapport.configurations.models import Configuration, ConfigurationDraft
    from rapport.members.access import Member

_DRAFTED = "The draft of {} is saved; callers go on with version {}."
#: Buttons that save -> what is said afterwards, of its name and version.
_TOLD = {"save": "{} is saved.", "draft": _DRAFTED, "rehearse": _DRAFTED}


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
    """A configuration that is being changed: its draft, where it has one."""
    with tenant_scope(member.tenant) as tenant_id:
        row = found(tenant_id, reference)
        draft = drafts.of(row)
        data = QueryDict(mutable=True)
        fill_in(data, drafts.applied(row, draft), draft)
        editor = _editor(tenant_id, reference, data)
    if row.is_default:
        messages.error(request, str(ViewOnlyError()))
        return redirect(member.to("configuration", reference=reference))
    return _acted(request, member, reference) if request.method == "POST" else _drawn(request, editor, draft=draft)


def _acted(request: HttpRequest, member: Member, reference: str | None) -> HttpResponse:
    """Does what the pressed button says."""
    data = request.POST.copy()
    act, _, about = data.get("act", "save").partition(":")
    if reference is None and act == "save":
        return _made(request, member, data)
    if reference is not None and act in _TOLD:
        return _saved(request, member, reference, data, act)
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


def _made(request: HttpRequest, member: Member, data: QueryDict) -> HttpResponse:
    try:
        with editing(member.tenant) as tenant_id:
            editor = _editor(tenant_id, None, data)
            row = edits.create(tenant_id, member.author, editor.content)
    except BusyError as error:
        return _busy(request, member, None, data, error)
    except FaultsError as error:
        return _wrong(request, editor, error)
    messages.success(request, f"{row.name} is ready for callers.")
    return redirect(member.to("configuration", reference=row.reference))


def _saved(request: HttpRequest, member: Member, reference: str, data: QueryDict, act: str) -> HttpResponse:
    """Gives callers what the form says, or keeps it as a draft."""
    try:
        with editing(member.tenant) as tenant_id:
            row, editor = found(tenant_id, reference), _editor(tenant_id, reference, data)
            said, draft = editor.form.cleaned_data, drafts.of(row)
            meanwhile = since(row, said.get("version"))
            other = draft if draft and draft.stamp != said.get("draft") else None
            if meanwhile or other:
                return _refused(request, editor, row, draft, meanwhile=meanwhile, other=other)
            changed = _keep(row, member, editor.content, act)
    except BusyError as error:
        return _busy(request, member, reference, data, error)
    except FaultsError as error:
        return _wrong(request, editor, error)
    told = _TOLD[act] if changed else "{} is as it was."
    messages.success(request, told.format(row.name, row.version))
    return redirect(member.to("configuration-draft" if act == "rehearse" else "configuration", reference=reference))


def _keep(row: Configuration, member: Member, content: Mapping[str, Any], act: str) -> bool:
    """Saves what the form says; whether anything is different now."""
    if act == "save":
        changed = edits.change(row, member.author, content)
        drafts.drop(row)
        return changed
    drafts.save(row, member.author, {**content, "based_on": row.version})
    return True


def _refused(
    request: HttpRequest, editor: Editor, row: Configuration, draft: ConfigurationDraft | None, **told: Any
) -> HttpResponse:
    """Somebody else was faster: what they did, with the own input kept; saving again is meant."""
    editor.data["version"], editor.data["draft"] = row.version, draft.stamp if draft else ""
    return _drawn(request, editor, 409, **told)


def _wrong(request: HttpRequest, editor: Editor, error: FaultsError) -> HttpResponse:
    """What was typed, with what is wrong with it."""
    editor.tell(error.errors)
    return _drawn(request, editor, 422, faults=sum(map(len, error.errors.values())))


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
    choices = "\n".join(dict.fromkeys(value.strip() for value in values if value.strip()))
    own = {"label": heading, "heading": heading, "type": proposal.guess(values), "choices": choices}
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
    """The form, of a configuration as its draft has it. What either maps is shown, even where it is archived."""
    row = None if reference is None else found(tenant_id, reference)
    shown = row and drafts.applied(row, drafts.of(row))
    mapped = [entry["field"] for each in (row, shown) if each for entry in each.mapping]
    return Editor(data, catalogue.of_tenant(tenant_id, mapped), shown)


def _drawn(request: HttpRequest, editor: Editor, status: int = 200, **context: Any) -> HttpResponse:
    context = {"editor": editor, "own_open": bool(editor.data.get("own-label"))} | context
    return render(request, "configurations/edit.html", context, status=status)
