"""An import configuration, compiled once and looked up per record."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import Any

from rapport.records.catalogue import PLAIN, Catalogue
from rapport.records.entries import Entry, Faults, by_field, check, required
from rapport.records.errors import Invalid, MappingFault, sentence
from rapport.records.fields import FieldType
from rapport.records.receipt import Prepared
from rapport.records.texts import trimmed
from rapport.records.types import ALL, DataType

FIELDS_LIMIT = 100
#: The warning for a heading that brought a value which another heading of its field had brought already.
NOT_USED = "heading_not_used"


class Mapping:
    """Headings of one configuration, ready to read records with.

    `catalogue` is what the tenant can map, `options` are the configuration's own. Raises `MappingFault` where
    `entries.check` finds a fault, but for defaults: a touchpoint may have gone since the configuration was saved,
    and then only the records that need the default are at fault.
    """

    def __init__(
        self,
        data_type: str,
        entries: Sequence[Entry],
        catalogue: Catalogue = PLAIN,
        options: Dictionary[str, Any] | None = None,
        kind: str = "api",
    ) -> None:
        options = options or {}
        _refuse(check(kind, data_type, entries, options, catalogue))
        self.type: DataType = ALL[data_type]
        self._zone = catalogue.zone
        fields = catalogue.fields(self.type)
        filling = {name: [entry["heading"] for entry in own] for name, own in by_field(entries).items()}
        #: Field name -> its first heading.
        self.headings: dict[str, str] = {name: headings[0] for name, headings in filling.items()}
        #: Every heading -> field name.
        self.fields: dict[str, str] = {entry["heading"]: entry["field"] for entry in entries}
        self._types = {name: fields[name].type for name in self.headings}
        #: Field name -> its headings, of those that have more than one.
        self._several = {name: headings for name, headings in filling.items() if len(headings) > 1}
        #: Heading -> field name, type, and the limit of a type that stores any text as it is; the others' fields wait.
        self._slots = {
            heading: (name, self._types[name], self._types[name].plain_limit)
            for heading, name in self.fields.items()
            if name not in self._several
        }
        # What finds an object is never cleared.
        clearing = (entry["field"] for entry in entries if entry.get("empty_clears"))
        self._clearing = {name for name in clearing if fields[name].type.key is None}
        self._defaults = {
            entry["field"]: (fields[entry["field"]].type, entry["default"]) for entry in entries if "default" in entry
        }
        #: Of each group of required fields, those that are mapped.
        groups = required(self.type, options)
        self._groups = [tuple(name for name in group if name in self.headings) for group in groups]
        #: Fields that are kept among attributes: name as the mapping has it -> object and name.
        self._attributes = {
            name: (field.kept_in, field.attribute)
            for name, field in fields.items()
            if field.kept_in and name in self.headings
        }
        self._types |= {fields[name].path: self._types[name] for name in self._attributes}

    def prepare(self, sent: Dictionary[str, Any]) -> Prepared:
        """Map and check one record: heading -> text, None (sent empty), bool or a nested value.

        Every fault is in the result's `errors`, all at once; a record without errors has its keys.
        """
        record = Prepared(sent)
        if len(sent) > FIELDS_LIMIT:
            record.errors["record"] = [sentence("fields", limit=FIELDS_LIMIT)]
            return record
        record.headings, record.types = self.headings, self._types
        self._fill(record)
        if self._several:
            self._choose(record)
        if self._defaults:
            self._stand_in(record)
        for group in self._groups:
            for name in group:
                if record.values.get(name) is not None:
                    break
            else:
                self._report(record, group)
        if self._attributes:
            self._set_apart(record)
        return record

    def _fill(self, record: Prepared) -> None:
        """Enter every text that was sent, or its fault."""
        slots, values = self._slots, record.values
        for heading, text in record.sent.items():
            slot = slots.get(heading)
            if slot is None:
                if heading not in self.fields:
                    record.ignored.append(heading)
                continue
            name, kind, limit = slot
            # Most values; the rest says the same in general.
            if limit and type(text) is str and text.isascii() and "\0" not in text:
                plain = text.strip()
                if 0 < len(plain) <= limit:
                    values[name] = plain
                    continue
            try:
                self._read(record, name, kind, text)
            except Invalid as fault:
                record.errors["record." + heading] = [fault.sentence(heading)]

    def _choose(self, record: Prepared) -> None:
        """Fill each field of several headings from the first that brought a value; name the others that did."""
        for name, headings in self._several.items():
            sent = [heading for heading in headings if heading in record.sent]
            if not sent:
                continue
            filled = [heading for heading in sent if not is_empty(record.sent[heading])]
            used = (filled or sent)[0]
            if used != headings[0]:
                record.headings = {**record.headings, name: used}
            try:
                self._read(record, name, self._types[name], record.sent[used])
            except Invalid as fault:
                record.errors["record." + used] = [fault.sentence(used)]
            for heading in filled[1:]:
                record.warn(f"{NOT_USED}: {heading}")

    def _read(self, record: Prepared, name: str, kind: FieldType, text: Any) -> None:
        """Enter one sent text into the record's values and keys. Raises `Invalid`."""
        if type(text) is not str:
            text = _as_text(text)
        text = trimmed(text)
        if not text:
            if name in self._clearing:
                record.values[name] = None
            record.warn(kind.empty)
            return
        record.values[name], key, warning = kind.read(text, self._zone)
        if key is not None:
            record.keys[name] = key
        record.warn(warning)

    def _stand_in(self, record: Prepared) -> None:
        """Enter defaults where nothing was sent, or say why one can no longer be taken."""
        for name, (kind, default) in self._defaults.items():
            if record.values.get(name) is None:
                try:
                    self._read(record, name, kind, default)
                except Invalid as fault:
                    heading = record.headings[name]
                    record.errors.setdefault("record." + heading, [fault.sentence(heading)])

    def _set_apart(self, record: Prepared) -> None:
        """Move the values of attributes to their objects."""
        for path, (owner, name) in self._attributes.items():
            if path in record.values:
                record.custom.setdefault(owner, {})[name] = record.values.pop(path)

    def _report(self, record: Prepared, group: tuple[str, ...]) -> None:
        """Add the sentences for a group of required fields that the record left empty."""
        headings = [record.headings[name] for name in group]
        keys = ["record." + heading for heading in headings]
        if any(key in record.errors for key in keys):
            return
        for heading, key in zip(headings, keys, strict=True):
            others = [other for other in headings if other != heading]
            code = "required_without" if others else "required"
            record.errors[key] = [sentence(code, heading, other=" / ".join(others))]


def is_empty(value: Any) -> bool:
    """Whether what was sent under a heading is nothing."""
    return value is None or (type(value) is str and not trimmed(value))


def _refuse(faults: Faults) -> None:
    """Raises `MappingFault` with every sentence but those about defaults."""
    told = [text for place, texts in faults.items() if not place.endswith(".default") for text in texts]
    if told:
        raise MappingFault(" ".join(told))


def _as_text(value: Any) -> str:
    """The text of what JSON has besides strings and numbers. Raises `Invalid`."""
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    raise Invalid("string")
