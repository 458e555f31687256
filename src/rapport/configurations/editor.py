"""What somebody types into the page of a configuration: from and to its stored content, with the domain's sentences.

The page keeps everything in its form, also what is not saved yet, so that it works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from django.http import QueryDict

from rapport.records.catalogue import STANDARD, Catalogue
from rapport.records.entries import HEADINGS_LIMIT, by_field, required
from rapport.records.errors import Malformed
from rapport.records.fields import Field
from rapport.records.types import ALL, DataType

from . import proposal
from .forms import BESIDES, ConfigurationForm, LineForm, OwnFieldForm
from .models import Configuration, ConfigurationDraft

_FLAG = "on"
#: Types whose limit says more than their name.
_LIMITED = ("text", "long text")


class Line:
    """One field of the data type, mapped or not."""

    def __init__(self, field: Field, kind: DataType, data: Any, catalogue: Catalogue) -> None:
        self.field = field
        #: The object that it belongs to, as people call it.
        self.object = ALL[owner(field.name, kind)].label
        self.form = LineForm(data, field)
        self.form.full_clean()
        #: Further headings that fill it where those before them bring no value.
        self.also: list[str] = [heading.strip() for heading in data.getlist(f"{field.name}-also")]
        self.custom = field.name in catalogue.custom
        listed = ", ".join(field.type.allowed)
        limit = f", up to {field.type.limit:,} characters" if field.type.name in _LIMITED else ""
        #: What it takes.
        self.takes = f"{field.type.name}: {listed}" if listed else field.type.name + limit
        #: The labels of the fields of which one must be mapped, this one among them.
        self.one_of: list[str] = []
        self.errors: list[str] = []

    @property
    def mapped(self) -> bool:
        """Whether a heading fills it."""
        return bool(self.form.cleaned_data["mapped"])

    @property
    def has_room(self) -> bool:
        """Whether one more heading may fill it."""
        return len(self.also) < HEADINGS_LIMIT - 1

    def entries(self, stored: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The line as a mapping has it; `stored` is its first entry until now."""
        said = self.form.cleaned_data
        entry: dict[str, Any] = {"heading": said.get("heading", ""), "field": self.field.name}
        if said.get("default"):
            entry["default"] = said["default"]
        clears = said.get("empty_clears", stored.get("empty_clears", False))
        if clears or "empty_clears" in stored:
            entry["empty_clears"] = clears
        return [entry, *({"heading": heading, "field": self.field.name} for heading in self.also if heading)]


class Editor:
    """A configuration in the making. `data` is a mutable form, `row` the configuration that is changed."""

    def __init__(self, data: Any, catalogue: Catalogue, row: Configuration | None = None) -> None:
        if row is not None:
            data["kind"], data["data_type"] = row.kind, row.data_type
        if data.get("kind") not in Configuration.Kind.values:
            data["kind"] = Configuration.Kind.API.value
        self.data, self.row, self.kind = data, row, data["kind"]
        self.form = ConfigurationForm(data, row)
        self.form.full_clean()
        self.type = ALL.get(data.get("data_type", ""))
        fields = catalogue.fields(self.type) if self.type else {}
        self.lines = list(_lines(self.type, fields, data, catalogue)) if self.type else []
        self.own = OwnFieldForm(data, self.objects) if self.objects else None
        self.mapping_errors: list[str] = []
        for group in self._groups():
            for line in self.lines:
                if line.field.name in group:
                    line.one_of = [fields[name].label for name in group]

    @property
    def besides(self) -> str:
        """What a record does besides filling fields."""
        return BESIDES.get(self.type.name, "") if self.type else ""

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects whose custom fields can be mapped."""
        return self.type.objects if self.type else ()

    @property
    def sections(self) -> list[tuple[str, list[Line]]]:
        """The lines by object."""
        order = list(dict.fromkeys(line.object for line in self.lines))
        lines = sorted(self.lines, key=lambda line: order.index(line.object))
        return [(name, list(found)) for name, found in groupby(lines, key=lambda line: line.object)]

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The mapping, in its present order; what is new comes last."""
        stored = {name: own[0] for name, own in by_field(self.row.mapping if self.row else []).items()}
        mapped = {line.field.name: line for line in self.lines if line.mapped}
        names = [name for name in stored if name in mapped] + [name for name in mapped if name not in stored]
        return [entry for name in names for entry in mapped[name].entries(stored.get(name, {}))]

    @property
    def content(self) -> dict[str, Any]:
        """What the domain stores."""
        said = self.form.cleaned_data
        found = {"name": said.get("name", ""), "mapping": self.entries, "options": self._options()}
        found |= {"comment": said["comment"]} if said.get("comment") else {}
        if self.row is None:
            found |= {"kind": self.kind, "data_type": said.get("data_type", "")}
            found |= {"reference": said["reference"]} if said.get("reference") else {}
        return found

    @property
    def ignored(self) -> list[str]:
        """Headings of the sample that somebody does not want."""
        return list(self.data.getlist("ignored"))

    @property
    def unknown(self) -> list[str]:
        """Headings of the sample that nothing maps and nobody ignores."""
        taken = {entry["heading"] for entry in self.entries} | set(self.ignored)
        return [heading for heading in self.sample if heading not in taken]

    @cached_property
    def sample(self) -> proposal.Sample:
        """What was pasted, as far as it can be read."""
        try:
            return proposal.read(self.form.cleaned_data.get("sample", ""))
        except Malformed:
            return {}

    def tell(self, faults: Mapping[str, Sequence[str]]) -> None:
        """Puts the domain's sentences where they belong."""
        missing = [group for group in self._groups() if not any(entry["field"] in group for entry in self.entries)]
        by_field = {line.field.name: line for line in self.lines}
        for path, sentences in faults.items():
            part, _, rest = path.partition(".")
            name = rest if part == "options" else part
            if part == "mapping" and rest:
                by_field[self.entries[int(rest.partition(".")[0])]["field"]].errors += sentences
            elif part == "mapping":
                self.mapping_errors += sentences[len(missing) :]
                for group, sentence in zip(missing, sentences, strict=False):
                    by_field[group[0]].errors.append(sentence)
            else:
                for sentence in sentences:
                    place = name if name in self.form.fields else None
                    self.form.add_error(place, sentence)

    def _options(self) -> dict[str, Any]:
        stored = dict(self.row.options) if self.row else {}
        said = self.form.cleaned_data
        for name in ("account_required", "delimiter"):
            if name in self.form.fields:
                given = said.get(name)
                if given or (name in stored and given is False):
                    stored[name] = given
                else:
                    stored.pop(name, None)
        return stored

    def _groups(self) -> tuple[tuple[str, ...], ...]:
        return required(self.type, self._options()) if self.type else ()


def _lines(kind: DataType, fields: Mapping[str, Field], data: Any, catalogue: Catalogue) -> Iterator[Line]:
    """The lines of the fields that can be mapped, whose headings are at first what the fields are called."""
    for name, field in fields.items():
        data.setdefault(f"{name}-heading", field.label)
        if name not in catalogue.custom or catalogue.custom[name].open:
            yield Line(field, kind, data, catalogue)


def owner(field: str, kind: DataType) -> str:
    """The object that a field of a data type describes."""
    if "." in field:
        return field.partition(".")[0]
    order = (kind.name, *kind.objects, *STANDARD) if kind.name in STANDARD else STANDARD
    return next(name for name in order if any(own.name == field for own in STANDARD.get(name, ())))


def fill_in(data: QueryDict, row: Configuration, draft: ConfigurationDraft | None = None) -> None:
    """Puts into the form what the configuration says; `row` is as its draft has it, where there is one."""
    data.update({"name": row.name, "version": str(row.version), **row.options})
    if draft is not None:
        data.update({"draft": str(draft.stamp), "comment": draft.comment or ""})
    for field, (entry, *others) in by_field(row.mapping).items():
        data.update({f"{field}-mapped": _FLAG, f"{field}-heading": entry["heading"]})
        data[f"{field}-default"] = entry.get("default", "")
        if entry.get("empty_clears"):
            data[f"{field}-empty_clears"] = _FLAG
        data.setlist(f"{field}-also", [other["heading"] for other in others])


def fill(data: Any, mapped: Mapping[str, str]) -> None:
    """Ticks fields and gives them headings: field -> heading."""
    for field, heading in mapped.items():
        data[f"{field}-mapped"], data[f"{field}-heading"] = _FLAG, heading


def free(editor: Editor) -> Iterator[Field]:
    """The fields that no heading fills yet."""
    return (line.field for line in editor.lines if not line.mapped)
