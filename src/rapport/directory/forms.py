"""Forms of contacts and accounts, made from the fields that the tenant has. What is right is for the engine to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from rapport.tenants.forms import Form

from .legend import LONG, Entry, Legend
from .revisions import Revision

#: Type -> the input's own type, and what a phone's keyboard shows.
_INPUTS = {"date": "date", "date-time": "datetime-local"}
_KEYBOARDS = {"email": "email", "phone": "tel", "integer": "numeric", "decimal": "decimal"}
_NOTHING = ("", "nothing")
_HELP = {
    "phone": "Every contact has an e-mail address or a phone number.",
    "account_name": "Found by its name or an alias; an account that nobody knows yet is made.",
    "name": "The old name goes on finding the account, as an alias.",
}


class Text(forms.CharField):
    """What somebody types, trimmed, with plain line ends."""

    def to_python(self, value: Any) -> str:
        """The text."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


class ObjectForm(Form):
    """The open fields of an object; `values` are what it has now, by their names in the ledger."""

    #: Of the object that the form shows; a new one has none.
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, legend: Legend, values: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> None:
        self.entries = [entry for entry in legend.entries.values() if not entry.archived]
        texts = {entry.path: legend.typed(entry.name, values.get(entry.name)) for entry in self.entries}
        super().__init__(data, initial=texts | {"version": values.get("version")})
        self._legend = legend
        for entry in self.entries:
            self.fields[entry.path] = _field(entry, texts[entry.path], new="version" not in values)

    def given(self) -> dict[str, str]:
        """What somebody has changed, by the names that `hand.write` takes."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}

    def refuse(self, errors: Mapping[str, Iterable[str]]) -> None:
        """Shows the engine's sentences beside their fields."""
        for name, sentences in errors.items():
            self.add_error(name if name in self.fields else None, list(sentences))

    def caught_up(self, revisions: Iterable[Revision]) -> Mapping[str, Any]:
        """What was typed, on top of what others have changed since the form was shown: the next form's data.

        Of a field that nobody has touched here, theirs counts.
        """
        shown = dict(self.initial)
        paths = {entry.name: entry.path for entry in self.entries}
        for revision in reversed(list(revisions)):
            for name, (old, _) in revision.changes.items():
                if name in paths:
                    shown[paths[name]] = self._legend.typed(name, old)
        data = dict(self.data.items())
        for path in paths.values():
            if not self.fields[path].has_changed(shown[path], data.get(path, "")):
                data[path] = self.initial[path]
        data["version"] = str(self.initial["version"])
        return data

    def disputes(self, name: str) -> bool:
        """Whether something else was typed than the ledger's field `name` has now."""
        return any(entry.name == name and entry.path in self.changed_data for entry in self.entries)

    def standard(self) -> list[forms.BoundField]:
        """The fields that every tenant has."""
        return [self[entry.path] for entry in self.entries if not entry.custom]

    def custom(self) -> list[forms.BoundField]:
        """The fields that this tenant added."""
        return [self[entry.path] for entry in self.entries if entry.custom]


class AliasForm(Form):
    """Another name of an account."""

    alias = forms.CharField(
        label="Alias",
        help_text="Records that carry this name will find the account.",
        error_messages={"required": "Type another name of the account."},
    )


def _field(entry: Entry, text: str, *, new: bool) -> forms.Field:
    help_text = "" if new and entry.name == "name" else _HELP.get(entry.name, "")
    return Text(label=entry.label, required=False, widget=_widget(entry, text), help_text=help_text)


def _widget(entry: Entry, text: str) -> forms.Widget:
    """The input for a type; one that could not hold the present text is never chosen."""
    if entry.type == "choice":
        known = dict.fromkeys((*entry.choices, *filter(None, [text])))
        return forms.Select(choices=[_NOTHING, *((each, each) for each in known)])
    if entry.type == "boolean":
        return forms.Select(choices=[_NOTHING, ("true", "Yes"), ("false", "No")])
    if entry.type == LONG or "\n" in text:
        return forms.Textarea(attrs={"rows": 5})
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    if entry.type in _INPUTS:
        widget.input_type = _INPUTS[entry.type]
        widget.attrs["step"] = 1
    if entry.type in _KEYBOARDS:
        widget.attrs["inputmode"] = _KEYBOARDS[entry.type]
    return widget
