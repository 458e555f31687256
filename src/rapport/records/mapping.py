"""An import configuration, compiled once and looked up per record."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from rapport.records.errors import Invalid, MappingFault, sentence
from rapport.records.fields import FieldType, check_text
from rapport.records.receipt import Prepared
from rapport.records.types import ALL, DataType

FIELDS_LIMIT = 100
UTC = ZoneInfo("UTC")


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

    def __init__(self, data_type: str, entries: Sequence[Entry], zone: ZoneInfo = UTC) -> None:
        kind = ALL.get(data_type)
        if kind is None:
            raise MappingFault(f"The data type must be one of {', '.join(ALL)}.")
        self.type: DataType = kind
        self._zone = zone
        #: Field name -> heading.
        self.headings: dict[str, str] = {}
        self._slots: dict[str, tuple[str, FieldType]] = {}
        self._clearing: set[str] = set()
        self._defaults: dict[str, tuple[FieldType, str]] = {}
        fields = {field.name: field for field in kind.fields}
        for entry in entries:
            heading, name = entry["heading"], entry["field"]
            if name not in fields:
                raise MappingFault(f"The field {name} does not exist for {kind.label}.")
            if heading in self._slots or name in self.headings:
                raise MappingFault(f"The heading {heading} or its field {name} is mapped twice.")
            self.headings[name] = heading
            self._slots[heading] = (name, fields[name].type)
            # What finds an object is never cleared.
            if entry.get("empty_clears") and fields[name].type.key is None:
                self._clearing.add(name)
            if "default" in entry:
                self._default(heading, name, fields[name].type, entry["default"])
        #: Of each group of required fields, those that are mapped.
        self._groups = [tuple(name for name in group if name in self.headings) for group in kind.required]
        for group, mapped in zip(kind.required, self._groups, strict=True):
            if not mapped:
                labels = " or ".join(fields[name].label for name in group)
                raise MappingFault(f"A configuration for {kind.label} must map {labels}.")

    def _default(self, heading: str, name: str, kind: FieldType, text: str) -> None:
        """Keep a default. Raises `MappingFault` where the field could not take it."""
        try:
            self._read(Prepared({}), name, kind, text)
        except Invalid as fault:
            raise MappingFault(fault.sentence(heading)) from None
        self._defaults[name] = (kind, text)

    def prepare(self, sent: Dictionary[str, Any]) -> Prepared:
        """Map and check one record: heading -> text, None (sent empty), bool or a nested value.

        Every fault is in the result's `errors`, all at once; a record without errors has its keys.
        """
        record = Prepared(sent)
        if len(sent) > FIELDS_LIMIT:
            record.errors["record"] = [sentence("fields", limit=FIELDS_LIMIT)]
            return record
        record.headings = self.headings
        slots = self._slots
        for heading, text in sent.items():
            slot = slots.get(heading)
            if slot is None:
                record.ignored.append(heading)
                continue
            try:
                self._read(record, slot[0], slot[1], text)
            except Invalid as fault:
                record.errors["record." + heading] = [fault.sentence(heading)]
        for name, (kind, default) in self._defaults.items():
            if record.values.get(name) is None:
                self._read(record, name, kind, default)
        for group in self._groups:
            for name in group:
                if record.values.get(name) is not None:
                    break
            else:
                self._report(record, group)
        return record

    def _read(self, record: Prepared, name: str, kind: FieldType, text: Any) -> None:
        """Enter one sent text into the record's values and keys. Raises `Invalid`."""
        if type(text) is not str:
            text = _as_text(text)
        text = text.strip()
        if not text:
            if name in self._clearing:
                record.values[name] = None
            return
        if len(text) > kind.limit:
            raise Invalid("max", limit=kind.limit)
        if kind.parse is not None:
            record.values[name] = kind.parse(text, self._zone)
            return
        if kind.key is not None:
            record.keys[name] = kind.key(text)
        else:
            check_text(text)
        record.values[name] = text

    def _report(self, record: Prepared, group: tuple[str, ...]) -> None:
        """Add the sentences for a group of required fields that the record left empty."""
        keys = ["record." + self.headings[name] for name in group]
        if any(key in record.errors for key in keys):
            return
        for name, key in zip(group, keys, strict=True):
            others = [self.headings[other] for other in group if other != name]
            code = "required_without" if others else "required"
            record.errors[key] = [sentence(code, self.headings[name], other=" / ".join(others))]


def _as_text(value: Any) -> str:
    """The text of what JSON has besides strings and numbers. Raises `Invalid`."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    raise Invalid("string")
