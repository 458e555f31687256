"""The body of `PUT /activities` as a configuration that needs no row (`contract.md` "Bearer-token JSON siblings")."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from typing import Any
from zoneinfo import ZoneInfo

from rapport.records.catalogue import Catalogue
from rapport.records.entries import Entry
from rapport.records.errors import sentence
from rapport.records.mapping import Mapping
from rapport.records.receipt import Prepared
from rapport.records.texts import trimmed
from rapport.records.types.activity import KEYS, OBJECT

ARRAY = "additional_information_array"


class ActivityMapping(Mapping):
    """The keys of the body; `new_reference` makes one for an activity that comes without."""

    def __init__(self, zone: ZoneInfo, new_reference: Callable[[], str]) -> None:
        entries: list[Entry] = [{"heading": key, "field": field} for key, field in KEYS.items()]
        super().__init__("activity", entries, Catalogue(zone=zone))
        self._new_reference = new_reference

    def prepare(self, sent: Dictionary[str, Any]) -> Prepared:
        """As `Mapping.prepare`; a new activity may come without a reference, and information as an object."""
        values = dict(sent)
        given = values.get("reference")
        if given is None or (isinstance(given, str) and not trimmed(given)):
            values["reference"] = self._new_reference()
        fault = _fold_information(values)
        record = super().prepare(values)
        record.sent = sent
        if fault:
            record.errors["record." + fault[0]] = [sentence(fault[1], fault[0], other=OBJECT)]
        return record


def _fold_information(values: dict[str, Any]) -> tuple[str, str] | None:
    """Make one text of either form of the information; a fault is (key, code)."""
    pairs, given = values.pop(ARRAY, None), values.pop(OBJECT, None)
    if given is not None and pairs is not None:
        return ARRAY, "not_with"
    if given is not None and not isinstance(given, dict):
        return OBJECT, "json_object"
    if pairs is not None and not (isinstance(pairs, dict) and all(isinstance(text, str) for text in pairs.values())):
        return ARRAY, "json_texts"
    if given or pairs:
        values[OBJECT] = json.dumps(given or pairs, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return None
