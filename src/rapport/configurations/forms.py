"""Forms of configurations, fields and touchpoints.

What is wrong with their content is for the domain to say (`document`, `fields`, `touchpoints`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from rapport.records.catalogue import OBJECTS, TYPES
from rapport.records.entries import HEADINGS_LIMIT
from rapport.records.fields import TEXT_LIMIT, Field
from rapport.records.types import ALL
from rapport.tenants.forms import Form, choice

from .document import COMMENT_LIMIT
from .errors import ConfigurationError, FaultsError
from .models import Configuration
from .proposal import LIMIT

if TYPE_CHECKING:
    from .remedies import Case

DATA_TYPES = [("", "Choose what the records are"), *((kind.name, kind.label) for kind in ALL.values())]
DELIMITERS = (("", "Not said"), (",", "Comma"), (";", "Semicolon"))
#: What the inputs of a line are called, before the field's label.
_TOLD = {"mapped": "Map", "heading": "Heading of", "default": "Default value of", "empty_clears": "Empty clears"}
#: Data type -> what a record of it does besides, in a sentence for whoever chooses it.
BESIDES = {
    "contact": "An account that a record names is linked, and made where nobody knows it. Nothing is sent to anybody.",
    "account": "Nothing is sent to anybody.",
    "account-alias": "The account must not exist before: it is made where nobody knows it.",
    "survey": "Each record queues an invitation to a survey for its contact, also when the same one comes again.",
    "multi-object": "Each record also queues an invitation to a survey for its contact, besides writing contact and "
    "account; choose Contact where nobody is to be asked.",
    "external-response": "Each record is an answer of its own, and counts in the figures. Nothing is sent to anybody.",
    "activity": "The account that a record names is made where nobody knows it. Nothing is sent to anybody.",
}
_CHOICES_HELP = "One a line. Texts that are taken away here stay where they are stored."
#: The select draws its page anew; without JavaScript there is a button beside it.
_RELOADS = {
    "hx-post": "",
    "hx-trigger": "change",
    "hx-vals": '{"act": "type"}',
    "hx-target": "#mapping",
    "hx-select": "#mapping",
    "hx-swap": "outerHTML",
}


class DomainForm(Form):
    """A form whose content the domain judges; `needed` are the fields that it will not do without."""

    needed: ClassVar[tuple[str, ...]] = ()
    use_required_attribute = False

    def full_clean(self) -> None:
        """Cleans; only afterwards the needed fields are called so, or Django would judge them, too."""
        super().full_clean()
        for name in self.fields.keys() & set(self.needed):
            self.fields[name].required = True


class ConfigurationForm(DomainForm):
    """What a configuration is, besides its mapping; `row` is the one that is changed."""

    needed = ("data_type", "name")
    kind = forms.ChoiceField(choices=Configuration.Kind.choices, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    draft = forms.IntegerField(required=False, widget=forms.HiddenInput)
    data_type = forms.ChoiceField(
        label="Data type", choices=DATA_TYPES, required=False, widget=forms.Select(attrs=_RELOADS)
    )
    name = forms.CharField(label="Configuration name", required=False, widget=forms.TextInput())
    reference = forms.CharField(
        required=False,
        help_text="What callers put into configuration=. Left empty, we make one; it never changes afterwards.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )
    account_required = forms.BooleanField(
        label="Account Name is required",
        required=False,
        help_text="Account Name must then be mapped, and records without one are refused.",
    )
    delimiter = forms.ChoiceField(
        label="CSV delimiter", choices=DELIMITERS, required=False, help_text="What stands between the file's columns."
    )
    sample = forms.CharField(
        label="Sample",
        max_length=LIMIT,
        required=False,
        help_text="One record as JSON, a query string or a whole cURL line, or the first lines of a CSV file. "
        "Nothing of it is stored.",
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
    )

    comment = forms.CharField(
        label="Comment", required=False, help_text="Why, in a sentence; it stands with the version."
    )

    def __init__(self, data: Any, row: Configuration | None = None) -> None:
        super().__init__(data)
        chosen = data.get("data_type", "")
        for name, shown in (
            ("data_type", row is None),
            ("reference", row is None),
            ("account_required", chosen == "multi-object"),
            ("delimiter", data.get("kind") == Configuration.Kind.FILE),
        ):
            if not shown:
                del self.fields[name]


class PublishForm(Form):
    """Why a draft is published; `draft` is the one that was looked at."""

    draft = forms.IntegerField(widget=forms.HiddenInput)
    comment = forms.CharField(
        max_length=COMMENT_LIMIT, required=False, help_text="Why, in a sentence; it stands with the version."
    )


class LineForm(DomainForm):
    """One field of the data type: whether a heading fills it, and which. Its prefix is the field's name."""

    mapped = forms.BooleanField(required=False)
    heading = forms.CharField(required=False)
    default = forms.CharField(required=False)
    empty_clears = forms.BooleanField(required=False)

    def __init__(self, data: Any, field: Field) -> None:
        super().__init__(data, prefix=field.name)
        if field.type.key is not None:  # what finds an object is never cleared
            del self.fields["empty_clears"]
        for name, typed in self.fields.items():
            typed.widget.attrs["aria-label"] = f"{_TOLD[name]} {field.label}"
        self.fields["default"].widget.attrs["placeholder"] = "none"


class ChoicesInput(forms.Textarea):
    """The texts of a choice; it is out of sight for all other types, where a browser could not ask for it."""

    def use_required_attribute(self, initial: Any) -> bool:
        """Never: only the type choice needs them."""
        return False


class OwnFieldForm(DomainForm):
    """A new custom field, made while its heading is mapped."""

    needed = ("object", "label", "type", "choices")
    object = forms.ChoiceField(required=False, help_text="What it describes.")
    label = forms.CharField(required=False)
    type = forms.ChoiceField(choices=[(name, name.capitalize()) for name in TYPES], required=False)
    choices = forms.CharField(
        required=False, help_text="For the type choice: one a line.", widget=ChoicesInput(attrs={"rows": 3})
    )
    heading = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, objects: tuple[str, ...]) -> None:
        super().__init__(data, prefix="own")
        choice(self, "object").choices = [(name, ALL[name].label) for name in objects]

    def given(self) -> dict[str, Any]:
        """What the domain makes a field of."""
        self.is_valid()
        said = self.cleaned_data
        found = {name: said.get(name, "") for name in ("object", "label", "type")}
        choices = [line.strip() for line in said.get("choices", "").splitlines() if line.strip()]
        return {**found, "choices": choices} if found["type"] == "choice" else found


class MapForm(Form):
    """The field that an unmapped heading is to fill, beside the headings that fill it already."""

    field = forms.ChoiceField(
        help_text=f"Up to {HEADINGS_LIMIT} headings can fill a field: the first that a record sends with a value does."
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = [(field.name, field.label) for field in case.free]
        taken = [(field.name, f"{field.label}, after {' and '.join(headings)}") for field, headings in case.taken]
        groups = [("Nothing fills it yet", free), ("Filled by other headings, which stay", taken)]
        choice(self, "field").choices = [("", "Choose a field"), *(group for group in groups if group[1])]
        if case.heading["suggestion"]:
            self.initial["field"] = case.heading["suggestion"]["field"]


class TouchpointForm(Form):
    """The name of a touchpoint."""

    name = forms.CharField(max_length=TEXT_LIMIT, strip=True)


class FieldForm(Form):
    """What can be changed of a custom field of one `type`."""

    label = forms.CharField(max_length=TEXT_LIMIT, help_text="What people read, and the heading that is proposed.")
    choices = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), help_text=_CHOICES_HELP)

    def __init__(self, *args: Any, type: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if type != "choice":
            del self.fields["choices"]

    def given(self) -> dict[str, Any]:
        """What `fields.change` takes."""
        return _given(self.cleaned_data)


class NewFieldForm(DomainForm):
    """A custom field to be made."""

    called: ClassVar = {"object": "object"}
    needed = ("choices",)
    use_required_attribute = True
    object = forms.ChoiceField(label="Belongs to", choices=[(name, name.capitalize()) for name in OBJECTS])
    label = forms.CharField(max_length=TEXT_LIMIT, help_text="What people read, and the heading that is proposed.")
    type = forms.ChoiceField(choices=[(name, name.capitalize()) for name in TYPES], help_text="It cannot be changed.")
    choices = forms.CharField(
        widget=ChoicesInput(attrs={"rows": 4}), required=False, help_text="For the type choice: one a line."
    )

    def given(self) -> dict[str, Any]:
        """What `fields.create` takes."""
        wanted = _given(self.cleaned_data)
        if wanted["type"] != "choice":
            del wanted["choices"]
        return wanted


def _given(cleaned: dict[str, Any]) -> dict[str, Any]:
    """What a form says, with the lines of `choices` as a list."""
    if "choices" not in cleaned:
        return cleaned
    return cleaned | {"choices": [line.strip() for line in cleaned["choices"].splitlines() if line.strip()]}


def tell(form: Form, error: ConfigurationError) -> None:
    """Shows each sentence beside its field, and what is of no field above them."""
    faults = error.errors if isinstance(error, FaultsError) else {"": [str(error)]}
    for name, sentences in faults.items():
        place = name if name in form.fields else None
        form.add_error(place, list(sentences))
