"""A file is sent, and its headings get their fields."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_protect

from rapport.configurations import catalogue, edits
from rapport.configurations.errors import FaultsError
from rapport.configurations.locks import editing
from rapport.configurations.models import Configuration
from rapport.credentials import ticket
from rapport.imports import acts, proposing, receiving, sampling
from rapport.imports.errors import RefusedError
from rapport.imports.forms import MappingForm, UploadForm
from rapport.imports.models import Import
from rapport.imports.reading.rows import Layout
from rapport.imports.representation import can_start
from rapport.imports.uploads import SpoolHandler
from rapport.records.types import ALL
from rapport.tenants.scope import tenant_scope

from .shown import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


#: Different values that are shown of a column.
VALUES = 3


def new(request: HttpRequest, member: Member) -> HttpResponse:
    """A form with a file. It goes into the spool as it comes, which must be said before the form's token is read."""
    handler = SpoolHandler(member.tenant.pk)
    request.upload_handlers = [handler]
    return csrf_protect(_new)(request, member, handler)


def _new(request: HttpRequest, member: Member, handler: SpoolHandler) -> HttpResponse:
    with tenant_scope(member.tenant) as tenant_id:
        found = Configuration.objects.filter(tenant_id=tenant_id, active=True).order_by("kind", "name")
        choices = [(row.reference, f"{row.name} ({ALL[row.data_type].label})") for row in found]
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    first = {"configuration": request.GET.get("configuration")}
    form = UploadForm(*given, configurations=[("", "Choose what is in the file"), *choices], initial=first)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        wanted = receiving.Wanted(configuration=form.cleaned_data["configuration"], name=file.name, manual=True)
        try:
            row = receiving.begin(member.tenant.pk, member.author, file.id, file.size, wanted)
            return redirect(member.to("import", id=row.id))
        except RefusedError as error:
            form.add_error("configuration", " ".join(error.errors["configuration"]))
    if request.method == "POST":
        handler.forget()
        if handler.fault is not None:
            form.errors.pop("file", None)
            form.add_error("file", str(handler.fault))
    keys = settings.RAPPORT.secret_key or settings.SECRET_KEY
    context = {"form": form, "ticket": ticket(keys, member.tenant.slug, member.tenant.pk)}
    return render(request, "imports/new.html", context, status=422 if form.errors else 200)


def mapping(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """A field for each heading, proposed from names and values; saved as a configuration for files alike."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        configuration = Configuration.objects.filter(tenant_id=tenant_id, id=row.configuration_id).first()
        if configuration is None or not can_start(row):
            return redirect(member.to("import", id=id))
        known = catalogue.of_tenant(tenant_id, [entry["field"] for entry in configuration.mapping])
    kind, sample = ALL[configuration.data_type], sampling.sample(row)
    fields = list(known.fields(kind).values())
    proposed = {entry["heading"]: entry["field"] for entry in configuration.mapping if entry["heading"] in sample}
    left = {heading: values for heading, values in sample.items() if heading not in proposed}
    free = [field for field in fields if field.name not in proposed.values()]
    guessed = proposing.propose(left, free)
    chosen = proposed | {heading: guess.field for heading, guess in guessed.items()}
    initial = {f"column-{n}": chosen.get(heading, "") for n, heading in enumerate(sample)}
    initial["name"] = row.name
    form = MappingForm(request.POST or None, headings=list(sample), fields=fields, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(member, row, configuration, form):
        return redirect(member.to("import", id=id))
    by_name = {field.name: field for field in fields}
    doubts = {heading: proposing.doubt(sample[heading], by_name[field]) for heading, field in chosen.items()}
    context = {"form": form, "row": row, "lines": _lines(form, sample, guessed, doubts), "type": kind.label}
    context["behind"] = len(sampling.headings(_layout(row))) - len(sample)
    return render(request, "imports/mapping.html", context, status=422 if form.errors else 200)


def _lines(
    form: MappingForm, sample: Mapping[str, Any], guessed: Mapping[str, Any], doubts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Each column that the form shows, with what it holds and what is known of it."""
    return [
        {
            "field": form[f"column-{n}"],
            "guess": guessed.get(heading),
            "doubt": doubts.get(heading),
            "values": Counter(values).most_common(VALUES),
        }
        for n, (heading, values) in enumerate(sample.items())
    ]


def _layout(row: Import) -> Layout:
    return Layout(**(row.layout or {}))


def _beyond(row: Import, before: Configuration) -> list[dict[str, Any]]:
    """What the configuration has for columns of the file that the form does not show."""
    behind = set(sampling.headings(_layout(row))[sampling.COLUMNS :])
    return [entry for entry in before.mapping if entry["heading"] in behind]


def _save(member: Member, row: Import, before: Configuration, form: Any) -> bool:
    """Make a configuration of the form, and let the import use it. What is wrong with it goes into the form."""
    entries = [*form.mapping(), *_beyond(row, before)]
    given = {
        "name": form.cleaned_data["name"],
        "kind": Configuration.Kind.FILE.value,
        "data_type": before.data_type,
        "mapping": entries,
        "options": before.options,
    }
    try:
        with editing(member.tenant) as tenant_id:
            made = edits.create(tenant_id, member.author, given)
            mapped = {entry["heading"] for entry in entries}
            unmapped = [each for each in sampling.headings(_layout(row)) if each not in mapped]
            acts.remap(row, made.id, unmapped)
    except FaultsError as error:
        for name, sentences in error.errors.items():
            form.add_error(name if name == "name" else None, " ".join(sentences))
        return False
    return True
