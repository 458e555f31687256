"""Whom or what a record of the history is about, told from what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from rapport.records.keys import shown_email

if TYPE_CHECKING:
    from rapport.configurations.models import Configuration
    from rapport.history.models import SentRecord

#: Fields that tell objects apart, those of people first.
_TELLING = ("email", "phone", "account_name", "alias", "reference", "first_name", "last_name")
NOBODY = "Nobody named"


class Whom(NamedTuple):
    """What a record is about."""

    #: A name, else an address, else something that was sent.
    name: str
    #: What tells it from others of this name.
    more: str = ""


def whom(row: SentRecord, names: Mapping[str, str], configuration: Configuration | None) -> Whom:
    """Whom a row is about; `names` are what its objects are called today."""
    named = unknown_reference(row)
    if named is not None:
        return Whom(f"Unknown configuration {named}")
    sent = list(_sent(row, configuration))
    key = (row.email_key and shown_email(row.email_key)) or row.phone_key
    address = _spelt(key, sent)
    called = next((names[each["id"]] for each in row.objects_written if names.get(each["id"])), None)
    if called is None and (called := _called(row, configuration)) is not None:
        address = address or next((text for text in sent if text not in called), None)
    found = list(dict.fromkeys(filter(None, (called, address, *sent))))
    return Whom(found[0], found[1] if address and called and called != address else "") if found else Whom(NOBODY)


def unknown_reference(row: SentRecord) -> str | None:
    """What the caller named as its configuration, where there was none of that name."""
    refused = row.configuration_id is None and "configuration" in (row.errors or {})
    return str(row.sent["configuration"]) if refused and row.sent and "configuration" in row.sent else None


def _called(row: SentRecord, configuration: Configuration | None) -> str | None:
    """The name that somebody was sent with, where the record made nobody."""
    parts = (next(_filled(row, configuration, field), "") for field in ("first_name", "last_name"))
    return " ".join(filter(None, map(str.strip, parts))) or None


def _sent(row: SentRecord, configuration: Configuration | None) -> Iterator[str]:
    """The values that tell most, as they were sent."""
    for field in _TELLING:
        yield from _filled(row, configuration, field)
    yield from (text for text in (row.sent or {}).values() if isinstance(text, str) and text.strip())


def _filled(row: SentRecord, configuration: Configuration | None, field: str) -> Iterator[str]:
    """What was sent for a field."""
    sent = row.sent or {}
    mapping: Iterable[Mapping[str, str]] = configuration.mapping if configuration else ()
    headings = [entry["heading"] for entry in mapping if entry["field"] == field] or [field]
    yield from (text for heading in headings if isinstance(text := sent.get(heading), str) and text.strip())


def _spelt(key: str | None, sent: Iterable[str]) -> str | None:
    """An address as it was sent, where what was sent is kept, else its key."""
    if not key:
        return None
    digits = key if key.isdigit() else ""
    for text in sent:
        plain = text.strip()
        if plain.lower() == key or (digits and "".join(filter(str.isdigit, plain)).lstrip("0") == digits.lstrip("0")):
            return plain
    return key
