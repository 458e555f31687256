"""What forms of several apps have in common."""

from __future__ import annotations

from django.forms import BaseForm, ChoiceField


def choice(form: BaseForm, name: str) -> ChoiceField:
    """A form's field that offers choices, so that it can be given those that a page has."""
    field = form.fields[name]
    assert isinstance(field, ChoiceField), name
    return field
