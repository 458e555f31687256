"""Every form tells its faults by its labels: none of the console's has a sentence of Django's own."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import BaseForm, ChoiceField, Field, FileField
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

import rapport
from rapport.tenants.forms import Form

#: Values that one field or another does not take.
BAD = ("", "soon", "-1", "1e9", "99999999999", "x" * 60_000, "a\0b")
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


def told(form: type[BaseForm], name: str, field: Field) -> Iterator[str]:
    """What a form says of values that a field does not take."""
    own = {"called": getattr(form, "called", {}), name: field}
    single = type("Single", (Form,), own)
    for value in BAD:
        data = QueryDict(mutable=True)
        data.setlist(name, [value])
        files = MultiValueDict({name: [SimpleUploadedFile("x" * 300, b"")] if value else []})
        yield from single(data, files if isinstance(field, FileField) else None).errors.get(name, [])


def test_all_forms_are_found_and_are_of_the_product_s_own_class() -> None:
    assert len(FORMS) > 40
    assert [form.__qualname__ for form in FORMS if not issubclass(form, Form)] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__qualname__)
def test_faults_are_sentences_about_labels(form: type[BaseForm]) -> None:
    for name, field in form.base_fields.items():
        if isinstance(field, ChoiceField) and not field.choices:
            field.choices = [("known", "Known")]
        for sentence in told(form, name, field):
            assert not sentence.startswith(DJANGO), f"{form.__qualname__}.{name}: {sentence}"
