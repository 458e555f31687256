"""Faults of the API's parameters, which a form's fields are, in words for whoever fills in the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.tenants.forms import Form

from .recipients import ADDRESSES

#: Parameter -> the field of a form that says it.
_PLACES = {"sender": "sender_address", "recipients": "source", "window": "window_from", "where": "field_0"}
#: Parameter -> what its field takes, where the API's own sentence speaks of JSON.
_WORDS = {
    "window": "Write from when until when on each chosen day, such as 09:00 and 17:00; the earlier comes first.",
    "spread_hours": "Write a number of hours from 0 to 240.",
    "reminders": "Write one or two numbers of days from 1 to 60, the second later than the first, such as 7, 14.",
}
_NO_ADDRESSES = f"Write 1 to {ADDRESSES:,} e-mail addresses, or choose a file that has some."
_NO_CONDITION = "Choose a field and what it must be, in one row at least."


def placed(form: Form, path: str, text: str, operators: Mapping[str, str]) -> tuple[str | None, str]:
    """The field that a fault stands at, None above them all, and its sentence."""
    name, _, rest = path.partition(".")
    number = path.rpartition(".")[2]
    if name in ("where", "recipients") and number.isdecimal():
        return _of_condition(form, int(number), text, operators)
    if rest in ("where", "") and "a JSON array of 1 to" in text:
        return _known(form, "field_0"), _NO_CONDITION
    if path == "recipients.emails":
        return _known(form, "emails"), _NO_ADDRESSES if "must hold" in text else text
    field = _known(form, _PLACES.get(name, name))
    return field, _WORDS.get(name, text)


def _of_condition(form: Any, number: int, text: str, operators: Mapping[str, str]) -> tuple[str | None, str]:
    """At the value of its row, since empty rows are none; with the field's and the condition's own words."""
    rows = [each for each in range(len(form.rows())) if form.cleaned_data.get(f"field_{each}")]
    if number >= len(rows):
        return None, text
    row = rows[number]
    field = form.cleaned_data[f"field_{row}"]
    operator = form.cleaned_data.get(f"operator_{row}") or "is"
    label = dict(form.fields[f"field_{row}"].choices).get(field, field)
    said = text.replace(f"{field} {operator}: ", f"{label} {operators.get(operator, operator)}: ")
    return f"value_{row}", said.replace(f"The {field} ", f"The {label} ")


def _known(form: Form, name: str) -> str | None:
    return name if name in form.fields else None
