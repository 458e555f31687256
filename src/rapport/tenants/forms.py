"""What forms of all apps have in common: their faults are sentences about their labels, whoever finds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import pretty_name
from django.utils.functional import Promise

from rapport.records.errors import sentence

#: Code of a fault -> its sentence. The limits are those of the field, `limit` the one that is broken.
_FAULTS = {
    "invalid": "The {label} must be {kind}.",
    "invalid_choice": "The {label} must be among those offered.",
    "invalid_list": "The {label} must be among those offered.",
    "max_length": "The {label} must have at most {limit:,} characters.",
    "min_length": "The {label} must have at least {limit:,} characters.",
    "max_value": "The {label} must be at most {limit:,}.",
    "min_value": "The {label} must be at least {limit:,}.",
    "null_characters_not_allowed": "The {label} must not hold a NUL character.",
    "empty": "The {label} is empty: choose another.",
    "ambiguous_timezone": "The {label} does not exist that day, since clocks go forward.",
}
_BETWEEN = "The {label} must be from {least:,} to {most:,}."
_OTHERWISE = "The {label} cannot be taken as it is."
#: Of what nobody types.
_BROKEN = "The form did not arrive whole: open the page again."
#: Field -> what it takes; the first that fits.
_KINDS: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.FloatField, "a number such as 12 or 12.5"),
    (forms.IntegerField, "a whole number"),
    (forms.DateTimeField, "a date and time such as 2026-01-31 14:30"),
    (forms.DateField, "a date such as 2026-01-31"),
)
_CHOSEN = (forms.ChoiceField, forms.FileField)


class Form(forms.Form):
    """Every form of the product; tells its faults by its labels."""

    #: Field -> what a sentence calls it, where its label does not say it alone.
    called: ClassVar[Mapping[str, str]] = {}

    def add_error(self, field: str | None, error: Any) -> None:
        """Adds faults, each as a sentence about the field's label."""
        if field:
            found = error if isinstance(error, ValidationError) else ValidationError(error)
            error = ValidationError([self._told(field, each) for each in found.error_list])
            field = None if self.fields[field].widget.is_hidden else field
        super().add_error(field, error)

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Field -> its label, of those that the form always has."""
        return {name: str(field.label or pretty_name(name)) for name, field in cls.base_fields.items()}

    def named(self, name: str) -> str:
        """What a sentence calls a field."""
        return _inside(self.called.get(name) or str(self.fields[name].label or name.replace("_", " ")))

    def _told(self, name: str, fault: ValidationError) -> ValidationError:
        """The fault in our words: Django's sentences are lazy ones, ours are texts about the parameter `name`."""
        field, label = self.fields[name], self.named(name)
        if isinstance(fault.message, Promise):
            told = _BROKEN if field.widget.is_hidden else _sentence(field, label, fault)
            return ValidationError(told, code=fault.code)
        told = str(fault.message)
        told = missing(field, label) if told == sentence("required", name) else told
        return ValidationError(told.replace(f"The {name} ", _the(label), 1), code=fault.code, params=fault.params)


class Moment(forms.DateTimeField):
    """A local time as records have it (contract, "clock_change"): the first of two, where clocks go back.

    One that clocks leave out is a fault, since nobody sees how it was read.
    """

    def to_python(self, value: Any) -> Any:
        """The moment. Raises `ValidationError`."""
        try:
            return super().to_python(value)
        except ValidationError as fault:
            if fault.code != "ambiguous_timezone" or not fault.params:
                raise
            local, zone = fault.params["datetime"], fault.params["current_timezone"]
            first = local.replace(tzinfo=zone).astimezone(UTC)
            if first.astimezone(zone).replace(tzinfo=None) != local:
                raise
            return first


def choice(form: forms.BaseForm, name: str) -> forms.ChoiceField:
    """A form's field that offers choices, so that it can be given those that a page has."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField), name
    return field


def missing(field: forms.Field, label: str) -> str:
    """What is said where nothing was given: "Choose a data type.", "Enter days of rest."."""
    first = next(iter(label.lower().split()), "")
    alone = first == "your" or (first.endswith("s") and not first.endswith(("ss", "us")))
    article = "" if alone else "an " if first.startswith(tuple("aeio")) else "a "
    return f"{'Choose' if isinstance(field, _CHOSEN) else 'Enter'} {article}{label}."


def _sentence(field: forms.Field, label: str, fault: ValidationError) -> str:
    known: dict[str, Any] = {"label": label, "kind": _kind(field)}
    if fault.code in ("required", "missing") or (fault.code == "invalid" and isinstance(field, forms.FileField)):
        return missing(field, label)
    limits = [getattr(field, f"{side}_value", None) for side in ("min", "max")]
    if fault.code in ("min_value", "max_value") and None not in limits:
        return _BETWEEN.format(least=limits[0], most=limits[1], **known)
    broken = fault.params or {}
    told = _FAULTS.get(str(fault.code), _OTHERWISE)
    return told.format(limit=broken.get("limit_value", broken.get("max")), **known).replace("The your ", "Your ", 1)


def _the(label: str) -> str:
    return f"The {label} ".replace("The your ", "Your ")


def _kind(field: forms.Field) -> str:
    return next((told for kind, told in _KINDS if isinstance(field, kind)), "one of those offered")


def _inside(label: str) -> str:
    """A label within a sentence: abbreviations keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
