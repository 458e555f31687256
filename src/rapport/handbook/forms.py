"""The form of a record that somebody tries out: a field for each heading of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from rapport.tenants.forms import Form

if TYPE_CHECKING:
    from rapport.configurations.artefacts.outline import Outline


class TrialForm(Form):
    """`outline` is the configuration's; its first sample stands in the form to begin with."""

    def __init__(self, outline: Outline, data: dict[str, str] | None = None) -> None:
        super().__init__(data, prefix="value")
        headings = (heading for column in outline.columns for heading in column.headings)
        self._headings = {str(name): heading for name, heading in enumerate(headings)}
        sample = outline.records()[0]
        for name, heading in self._headings.items():
            self.fields[name] = forms.CharField(
                label=heading, required=False, strip=False, initial=sample.get(heading, "")
            )

    @property
    def record(self) -> dict[str, str]:
        """Heading -> text, of what is not empty."""
        given = self.cleaned_data
        return {heading: given[name] for name, heading in self._headings.items() if given[name].strip()}

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """Puts the engine's sentences beside their fields, those about the whole record above them."""
        names = {f"record.{heading}": name for name, heading in self._headings.items()}
        for name, sentences in errors.items():
            self.add_error(names.get(name), sentences)
