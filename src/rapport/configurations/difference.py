"""What is different between two contents of a configuration, in words; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rapport.records.entries import by_field

DELIMITERS = {",": "comma", ";": "semicolon"}
_KEYS = {"headings": "heading", "default": "default", "empty_clears": "an empty value clears it"}


class Difference(NamedTuple):
    """One thing that is different; None is nothing."""

    what: str
    old: Any
    new: Any


def act(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What an edit did, in a word or two."""
    if before is None:
        return "made it"
    if after is None:
        return "removed it"
    if before["active"] != after["active"]:
        return "activated it" if after["active"] else "deactivated it"
    return "changed it"


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> list[Difference]:
    """Every difference, in the order of the page; `labels` are the fields' own, by name.

    Of a configuration that was made or removed only its name and mapping.
    """
    old, new = before or {}, after or {}
    found = [Difference("Name", old.get("name"), new.get("name"))]
    found += _of_options(old.get("options", {}), new.get("options", {}))
    found += _of_mappings(old.get("mapping", []), new.get("mapping", []), labels)
    return [each for each in found if each.old != each.new]


def _of_options(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    yield Difference("Account Name is required", *(_truth(of.get("account_required", False)) for of in (old, new)))
    yield Difference("Delimiter", *(DELIMITERS.get(of.get("delimiter", "")) for of in (old, new)))


def _of_mappings(old: list[Any], new: list[Any], labels: Mapping[str, str]) -> Iterator[Difference]:
    before, after = (_fields(entries) for entries in (old, new))
    for field in {**before, **after}:
        was, now = before.get(field, {}), after.get(field, {})
        for key, told in _KEYS.items():
            yield Difference(f"{labels.get(field, field)}, {told}", _shown(was, key), _shown(now, key))
    kept = [[field for field in fields if field in before and field in after] for fields in (before, after)]
    yield Difference("Order", *(", ".join(labels.get(field, field) for field in fields) for fields in kept))


def _fields(entries: list[Any]) -> dict[str, dict[str, Any]]:
    """Each field with what its entries say together."""
    return {
        name: {**own[0], "headings": ", then ".join(entry["heading"] for entry in own)}
        for name, own in by_field(entries).items()
    }


def _shown(entry: Mapping[str, Any], key: str) -> Any:
    return _truth(entry.get(key, False)) if key == "empty_clears" else entry.get(key)


def _truth(value: bool) -> str:
    return "yes" if value else "no"
