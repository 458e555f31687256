"""Every form tells its faults by its labels: none of the console's has a sentence of Django's own."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import BaseForm, ChoiceField, Field, FileField
from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

import rapport
from rapport.campaigns.forms import SegmentForm
from rapport.configurations.artefacts.outline import Column, Outline
from rapport.configurations.models import CustomField
from rapport.directory.forms import ObjectForm
from rapport.directory.legend import Legend
from rapport.directory.narrowing import ListForm
from rapport.evidence.forms import ChangesForm, CorrectionForm, RequestsForm
from rapport.handbook.forms import TrialForm
from rapport.imports.forms import MappingForm
from rapport.records.catalogue import STANDARD
from rapport.tenants.forms import Form, Moment
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from tests.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")
#: Values that one field or another does not take.
BAD = ("", "soon", "2026-03-29T02:30", "-1", "1e9", "99999999999", "x" * 60_000, "a\0b")
#: What says nothing.
NOTHING = ("cannot be taken as it is", "None", "{", "}")
#: What Django's own sentences begin with, or hold.
DJANGO = ("This field", "Enter a valid", "Enter a whole", "Enter a number.", "Ensure", "Select a valid", "No file was")


def forms() -> Iterator[type[BaseForm]]:
    """Every form of the package."""
    for module in pkgutil.walk_packages(rapport.__path__, "rapport."):
        if (
            module.name.rpartition(".")[2] in ("forms", "narrowing")
            or ".pages." in module.name
            or "form" in module.name
        ):
            import_module(module.name)
    left: list[type[BaseForm]] = [BaseForm]
    while left:
        each = left.pop()
        left += each.__subclasses__()
        if each.__module__.startswith("rapport.") and each is not Form:
            yield each


FORMS = sorted(set(forms()), key=lambda form: (form.__module__, form.__qualname__))


def told(form: type[BaseForm], name: str, field: Field) -> Iterator[tuple[str, str]]:
    """What a field is called, and what a form says of values that it does not take."""
    field = deepcopy(field)
    if isinstance(field, ChoiceField) and not field.choices:
        field.choices = [("known", "Known")]
    single = type("Single", (Form,), {"called": getattr(form, "called", {}), name: field})
    for value in BAD:
        data = QueryDict(mutable=True)
        data.setlist(name, [value])
        files = MultiValueDict({name: [SimpleUploadedFile("x" * 300, b"")] if value else []})
        with timezone.override(BERLIN):
            made = single(data, files if isinstance(field, FileField) else None)
            yield from ((made.named(name), text) for texts in made.errors.values() for text in texts)


def check(form: type[BaseForm], fields: dict[str, Field]) -> None:
    """Each sentence is none of Django's, says something, and names the field unless that is the field's own."""
    for name, field in fields.items():
        own = {str(text) for text in field.error_messages.values()}
        for label, sentence in told(form, name, field):
            place = f"{form.__qualname__}.{name}: {sentence}"
            assert not sentence.startswith(DJANGO), place
            assert not any(each in sentence for each in NOTHING), place
            assert sentence.endswith("."), place
            assert label.lower() in sentence.lower() or sentence in own or field.widget.is_hidden, place


def grown(cast: Cast) -> list[BaseForm]:
    """Every form that makes fields of what there is."""
    own = CustomField(object="contact", name="seen", label="Seen", type="date-time")
    fields = STANDARD["contact"]
    heard = Outline("x", "X", (Column(("Email",), fields[0], None),), ())
    with tenant_scope(cast.alice.tenant) as tenant_id:
        conditions = SegmentForm(tenant_id=tenant_id)
    return [
        conditions,
        ObjectForm(Legend("contact", [own], BERLIN), {}),
        ListForm({}, "contact", [own]),
        ChangesForm(actors={}, fields=(), zone=BERLIN),
        RequestsForm(sources={}, configurations=(), zone=BERLIN),
        CorrectionForm(sent={"Email": "ada"}, headings=()),
        MappingForm(headings=["Email"], fields=fields),
        TrialForm(heard),
    ]


def test_all_forms_are_found_and_are_of_the_product_s_own_class() -> None:
    assert len(FORMS) > 40
    assert [form.__qualname__ for form in FORMS if not issubclass(form, Form)] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__qualname__)
def test_faults_are_sentences_about_labels(form: type[BaseForm]) -> None:
    check(form, form.base_fields)


def test_faults_of_fields_that_a_form_makes_are_sentences_about_labels(cast: Cast) -> None:
    made = grown(cast)
    makes = re.compile(r"self\.fields\[[^\]]+\] = |_times\(self\)")
    makers = {form for form in FORMS if "__init__" in vars(form) and makes.search(inspect.getsource(form))}
    assert makers <= {each for form in made for each in type(form).__mro__}
    for form in made:
        check(type(form), form.fields)


def test_of_two_equal_times_the_first_is_taken_and_one_that_clocks_leave_out_is_told() -> None:
    single = type("Single", (Form,), {"start": Moment()})
    with timezone.override(BERLIN):
        taken, left_out = single({"start": "2026-10-25T02:30"}), single({"start": "2026-03-29T02:30"})
        assert taken.is_valid()
        assert left_out.errors == {"start": ["The start does not exist that day, since clocks go forward."]}
    assert taken.cleaned_data["start"] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
