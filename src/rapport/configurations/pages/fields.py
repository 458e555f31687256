"""Settings, Fields: what each object consists of, and the fields that the system added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations import catalogue, fields
from rapport.configurations.errors import BusyError, FaultsError, UnknownError
from rapport.configurations.forms import FieldForm, NewFieldForm, tell
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration, CustomField
from rapport.records.catalogue import OBJECTS
from rapport.records.entries import by_field
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member

#: Object -> its tab, in their order.
TABS = {
    "contact": "Contacts",
    "account": "Accounts",
    "survey": "Survey records",
    "activity": "Activities",
    "account-alias": "Account aliases",
    "external-response": "External responses",
}
#: Configurations that a line names.
SHOWN = 3
#: Types whose limit says something.
MEASURED = ("text", "long text", "email", "phone")
Uses = Mapping[tuple[str, str], Sequence[Configuration]]


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The fields of one object: the system's own, archived ones last, and the standard ones."""
    wanted = request.GET.get("object", "")
    owner = wanted if wanted in TABS else next(iter(TABS))
    with tenant_scope(member.tenant) as tenant_id:
        own = [fields.represent(row) for row in _own(tenant_id, owner)]
        uses = _uses(tenant_id)
    context = {
        "tabs": TABS,
        "object": owner,
        "tab": TABS[owner],
        "custom": owner in OBJECTS,
        "own": [_row(uses, field) for field in sorted(own, key=lambda field: field["archived"])],
        "standard": [_row(uses, field) for field in catalogue.standard() if field["object"] == owner],
    }
    return render(request, "configurations/settings/fields.html", context)


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form for a field of the system's own."""
    form = NewFieldForm(request.POST or None, initial={"object": request.GET.get("object", "contact")})
    if request.method == "POST" and form.is_valid():
        try:
            with editing(member.tenant) as tenant_id:
                row = fields.create(tenant_id, member.author, fields.with_name(tenant_id, form.given()))
        except (BusyError, FaultsError) as error:
            tell(form, error)
        else:
            messages.success(request, f"{row.label} can be mapped now.")
            return redirect(f"{member.to('fields')}?object={row.object}")
    return render(request, "configurations/settings/new_field.html", {"form": form}, status=422 if form.errors else 200)


def shown(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A field of the system's own, and a form that changes it."""
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id)
        field = fields.represent(row)
        used_by = _users(_uses(tenant_id), field)
    initial = {"label": row.label, "choices": "\n".join(row.choices or ())}
    form = FieldForm(request.POST or None, type=row.type, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with editing(member.tenant) as tenant_id:
                fields.change(_find(tenant_id, id), member.author, form.given())
        except (BusyError, FaultsError) as error:
            tell(form, error)
        else:
            messages.success(request, f"{form.cleaned_data['label']} is saved.")
            return redirect(member.to("field", id=id))
    context = {
        "field": field | {"takes": _takes(field)},
        "row": row,
        "tab": TABS[row.object],
        "used_by": used_by,
        "form": form,
    }
    return render(request, "configurations/settings/field.html", context, status=422 if form.errors else 200)


def archive(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Asks, then keeps a field from being mapped anew."""
    if request.method == "POST":
        return _set_archived(request, member, id, archived=True)
    with tenant_scope(member.tenant) as tenant_id:
        row = _find(tenant_id, id)
        used_by = _users(_uses(tenant_id), fields.represent(row))
    context = {
        "title": f"Archive {row.label}?",
        "sentences": [_still_mapped(used_by), "Values that are stored stay. You can restore the field at any time."],
        "action": "Archive",
        "back": member.to("field", id=id),
    }
    return render(request, "console/confirm.html", context)


def restore(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """Lets an archived field be mapped again."""
    return _set_archived(request, member, id, archived=False)


def _set_archived(request: HttpRequest, member: Member, id: str, *, archived: bool) -> HttpResponse:
    try:
        with editing(member.tenant) as tenant_id:
            row = _find(tenant_id, id)
            fields.change(row, member.author, {"archived": archived})
    except BusyError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{row.label} is {'archived' if archived else 'restored'}.")
    return redirect(member.to("field", id=id))


def _still_mapped(used_by: Sequence[Configuration]) -> str:
    if not used_by:
        return "No configuration maps it, and none can from then on."
    names = ", ".join(configuration.name for configuration in used_by[:5]) + (" …" if len(used_by) > 5 else "")
    does = "configuration that maps it goes" if len(used_by) == 1 else "configurations that map it go"
    return f"The {does} on filling it ({names}); no other can map it from then on."


def _row(uses: Uses, field: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the list."""
    used_by = _users(uses, field)
    return {**field, "used_by": used_by, "more": len(used_by) - SHOWN, "takes": _takes(field)}


def _takes(field: Mapping[str, Any]) -> str:
    """How much a field takes, or which texts."""
    if field.get("choices"):
        return ", ".join(field["choices"])
    return f"{field['limit']:,} characters" if field["type"] in MEASURED else ""


def _own(tenant_id: int, owner: str) -> QuerySet[CustomField]:
    return CustomField.objects.filter(tenant_id=tenant_id, object=owner).order_by("label", "id")


def _find(tenant_id: int, id: str) -> CustomField:
    try:
        return fields.find(tenant_id, UUID(id))
    except UnknownError:
        raise Http404 from None


def _uses(tenant_id: int) -> Uses:
    """(data type, field) -> the configurations that map it, by name."""
    found: dict[tuple[str, str], list[Configuration]] = defaultdict(list)
    for row in Configuration.objects.filter(tenant_id=tenant_id).order_by("name", "id"):
        for name in by_field(row.mapping):  # several headings can fill one field
            found[row.data_type, name].append(row)
    return found


def _users(uses: Uses, field: Mapping[str, Any]) -> list[Configuration]:
    """The configurations that map a field, as the catalogue shows it."""
    return [row for data_type in field["data_types"] for row in uses.get((data_type, field["field"]), ())]
