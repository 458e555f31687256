"""An import configuration, compiled once and looked up per record."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import Any, TypedDict

from rapport.records.errors import Invalid, MappingFault, sentence
from rapport.records.fields import FieldType
from rapport.records.receipt import Prepared
from rapport.records.types import ALL, DataType

FIELDS_LIMIT = 100


class Entry(TypedDict, total=False):
    """One line of a configuration's file mapping."""

    heading: str
    field: str
    #: Text used where the heading is missing or empty.
    default: str
    #: An empty value clears the stored one.
    empty_clears: bool


class Mapping:
    """Headings of one configuration, ready to read records with.

    Raises `MappingFault` where the entries name an unknown field, repeat a heading or a field, or
    leave out what the data type requires.
    """

    def __init__(self, data_type: str, entries: Sequence[Entry]) -> None:
        kind = ALL.get(data_type)
        if kind is None:
            raise MappingFault(f"The data type must be one of {', '.join(ALL)}.")
        self.type: DataType = kind
        #: Field name -> heading.
        self.headings: dict[str, str] = {}
        self._slots: dict[str, tuple[str, FieldType]] = {}
        self._clearing: set[str] = set()
        self._defaults: dict[str, str] = {}
        fields = {field.name: field for field in kind.fields}
        identity = {name for group in kind.required for name in group}
        for entry in entries:
            heading, name = entry["heading"], entry["field"]
            if name not in fields:
                raise MappingFault(f"The field {name} does not exist for {kind.label}.")
            if heading in self._slots or name in self.headings:
                raise MappingFault(f"The heading {heading} or its field {name} is mapped twice.")
            self.headings[name] = heading
            self._slots[heading] = (name, fields[name].type)
            if entry.get("empty_clears") and name not in identity:
                self._clearing.add(name)
            if "default" in entry:
                self._defaults[name] = fields[name].type.read(entry["default"])
        for group in kind.required:
            if not any(name in self.headings for name in group):
                labels = " or ".join(fields[name].label for name in group)
                raise MappingFault(f"A configuration for {kind.label} must map {labels}.")

    def prepare(self, sent: Dictionary[str, Any]) -> Prepared:
        """Map and check one record: heading -> text, None (sent empty), bool or a nested value.

        Every fault is in the result's `errors`, all at once; a record without errors has its keys.
        """
        record = Prepared(sent)
        if len(sent) > FIELDS_LIMIT:
            record.errors["record"] = [sentence("fields", limit=FIELDS_LIMIT)]
            return record
        slots, values = self._slots, record.values
        for heading, text in sent.items():
            slot = slots.get(heading)
            if slot is None:
                record.ignored.append(heading)
                continue
            try:
                value = _read(slot[1], text)
            except Invalid as fault:
                record.errors["record." + heading] = [fault.sentence(heading)]
                continue
            if value is not None:
                values[slot[0]] = value
            elif slot[0] in self._clearing:
                values[slot[0]] = None
        for name, default in self._defaults.items():
            if values.get(name) is None:
                values[name] = default
        self._require(record)
        if not record.errors:
            self.type.identify(record)
        return record

    def _require(self, record: Prepared) -> None:
        """Add the sentences for groups of required fields that the record left empty."""
        for group in self.type.required:
            mapped = [name for name in group if name in self.headings]
            if any(record.values.get(name) is not None for name in mapped):
                continue
            keys = ["record." + self.headings[name] for name in mapped]
            if any(key in record.errors for key in keys):
                continue
            for name, key in zip(mapped, keys, strict=True):
                heading = self.headings[name]
                others = [self.headings[other] for other in mapped if other != name]
                code = "required_without" if others else "required"
                record.errors[key] = [sentence(code, heading, other=" / ".join(others))]


def _read(kind: FieldType, text: Any) -> Any:
    """The value of one sent text; None where it is empty. Raises `Invalid`."""
    if type(text) is not str:
        if text is None:
            return None
        if text is not True and text is not False:
            raise Invalid("string")
        text = "true" if text else "false"
    text = text.strip()
    return kind.read(text) if text else None
