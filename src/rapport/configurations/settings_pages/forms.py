"""Forms for fields and touchpoints; what is right is said by `..fields` and `..touchpoints`."""

from __future__ import annotations

from typing import Any

from django import forms

from rapport.configurations.errors import ConfigurationError, FaultsError
from rapport.records.catalogue import OBJECTS, TYPES
from rapport.records.fields import TEXT_LIMIT

CHOICES_HELP = "One a line. Texts that are taken away here stay where they are stored."


class TouchpointForm(forms.Form):
    """The name of a touchpoint."""

    name = forms.CharField(max_length=TEXT_LIMIT, strip=True)


class FieldForm(forms.Form):
    """What can be changed of a custom field of one `type`."""

    label = forms.CharField(max_length=TEXT_LIMIT, help_text="What people read, and the heading that is proposed.")
    choices = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), help_text=CHOICES_HELP)

    def __init__(self, *args: Any, type: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if type != "choice":
            del self.fields["choices"]

    def given(self) -> dict[str, Any]:
        """What `fields.change` takes."""
        return given(self.cleaned_data)


class NewFieldForm(forms.Form):
    """A custom field to be made."""

    object = forms.ChoiceField(label="Belongs to", choices=[(name, name.capitalize()) for name in OBJECTS])
    label = forms.CharField(max_length=TEXT_LIMIT, help_text="What people read, and the heading that is proposed.")
    name = forms.CharField(
        label="Technical name",
        max_length=63,
        help_text="Under which values are stored: lower-case letters, digits and underscores. It cannot be changed.",
        widget=forms.TextInput(attrs={"placeholder": "customer_segment", "autocapitalize": "none"}),
    )
    type = forms.ChoiceField(choices=[(name, name.capitalize()) for name in TYPES], help_text="It cannot be changed.")
    choices = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), required=False, help_text="For the type choice: one a line."
    )

    def given(self) -> dict[str, Any]:
        """What `fields.create` takes."""
        wanted = given(self.cleaned_data)
        if wanted["type"] != "choice" and not wanted["choices"]:
            del wanted["choices"]
        return wanted


def given(cleaned: dict[str, Any]) -> dict[str, Any]:
    """What a form says, with the lines of `choices` as a list."""
    if "choices" not in cleaned:
        return cleaned
    return cleaned | {"choices": [line.strip() for line in cleaned["choices"].splitlines() if line.strip()]}


def tell(form: forms.Form, error: ConfigurationError) -> None:
    """Shows each sentence beside its field, and what is of no field above them."""
    faults = error.errors if isinstance(error, FaultsError) else {"": [str(error)]}
    for name, sentences in faults.items():
        form.add_error(name if name in form.fields else None, list(sentences))
