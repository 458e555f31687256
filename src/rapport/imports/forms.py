"""What people fill in to import a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from rapport.records.fields import TEXT_LIMIT, Field
from rapport.tenants.forms import Form, choice

from .reading.packed import reads_parquet


class UploadForm(Form):
    """A file, and what it is read with."""

    configuration = forms.ChoiceField(
        help_text="Which column fills which field is shown before anything is written, and can be changed there.",
        error_messages={"required": "Choose what is in the file."},
    )
    file = forms.FileField(allow_empty_file=True)

    def __init__(self, *args: Any, configurations: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice(self, "configuration").choices = configurations
        kinds = "JSON lines or Parquet" if reads_parquet() else "or JSON lines"
        help_text = f"A table as CSV, an Excel workbook (.xlsx), {kinds}, also as zip or gzip; of any size."
        self.fields["file"].help_text = help_text


class MappingForm(Form):
    """For each heading of a file the field that it fills."""

    name = forms.CharField(
        max_length=TEXT_LIMIT,
        error_messages={"required": "Choose a name for the mapping."},
        help_text="It is kept under this name: choose it for the next file of this kind.",
    )

    def __init__(self, *args: Any, headings: Sequence[str], fields: Iterable[Field], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Nothing"), *((field.name, field.label) for field in fields)]
        self.headings = headings
        for number, heading in enumerate(headings):
            self.fields[f"column-{number}"] = forms.ChoiceField(label=heading, choices=choices, required=False)

    def mapping(self) -> list[dict[str, str]]:
        """The entries of the configuration."""
        chosen = ((heading, self.cleaned_data[f"column-{n}"]) for n, heading in enumerate(self.headings))
        return [{"heading": heading, "field": field} for heading, field in chosen if field]
