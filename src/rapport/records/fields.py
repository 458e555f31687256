"""Field types: a caller's raw text in, a value to store out, or the rule that the text breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rapport.records import keys, texts
from rapport.records.errors import Invalid

TEXT_LIMIT = 128
LONG_TEXT_LIMIT = 10_000


def check_text(text: str) -> None:
    """Raises `Invalid` where PostgreSQL could not keep `text`: NUL, unpaired surrogates."""
    if "\0" in text:
        raise Invalid("nul")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Invalid("unicode") from None


def _email(text: str, _zone: ZoneInfo) -> str:
    keys.email_key(text)
    return text


def _phone(text: str, _zone: ZoneInfo) -> str:
    keys.phone_key(text)
    return text


def _name_key(text: str) -> str:
    check_text(text)
    return keys.name_key(text)


def _email_key(text: str) -> str:
    return "e:" + keys.email_key(text)


def _phone_key(text: str) -> str:
    return "p:" + keys.phone_key(text)


def _reference_key(text: str) -> str:
    check_text(text)
    return text


def _contact_reference(text: str) -> str:
    return _email_key(text) if "@" in text else _phone_key(text)


class Warned(NamedTuple):
    """A parsed value that is not quite what was sent, and the warning that says so."""

    value: Any
    warning: str


class Reading(NamedTuple):
    """What was read from a text."""

    value: Any
    #: The identity key, of a type that has one.
    key: str | None = None
    warning: str | None = None


@dataclass(frozen=True)
class FieldType:
    """How one kind of value is read from trimmed, non-empty text.

    A type with neither `key` nor `parse` stores the text itself.
    """

    name: str
    #: Most code points, counted after trimming.
    limit: int = TEXT_LIMIT
    #: Text -> identity key in its key table, for fields that find objects; checks as well. Raises `Invalid`.
    key: Callable[[str], str] | None = None
    #: Text and the tenant's time zone -> the value to store, or that with a warning. Raises `Invalid`.
    parse: Callable[[str, ZoneInfo], Any] | None = None
    #: The only texts that it takes, where they can be listed; `parse` may forgive their case.
    allowed: tuple[str, ...] = ()
    #: The least and the greatest number that it takes.
    between: tuple[int, int] | None = None
    #: Text -> the text that is meant, before it is measured.
    tidy: Callable[[str], str] | None = None
    #: Whether a new text is but another spelling of the stored one, which is kept.
    same: Callable[[str, str], bool] = texts.same
    #: The warning for a value that was sent empty.
    empty: str | None = None

    @property
    def plain_limit(self) -> int:
        """The limit of a type that stores any text as it is; 0 for others."""
        return 0 if self.key or self.parse or self.tidy else self.limit

    def read(self, text: str, zone: ZoneInfo) -> Reading:
        """What a trimmed text means. Raises `Invalid`."""
        if self.tidy is not None:
            text = self.tidy(text)
        if len(text) > self.limit:
            raise Invalid("max", limit=self.limit)
        if self.parse is not None:
            value = self.parse(text, zone)
            return Reading(value.value, warning=value.warning) if type(value) is Warned else Reading(value)
        if self.key is not None:
            return Reading(text, self.key(text))
        check_text(text)
        return Reading(text)

    def keeps(self, stored: Any, value: Any) -> bool:
        """Whether the stored value stays where `value` was sent."""
        if stored == value:
            return True
        return isinstance(stored, str) and isinstance(value, str) and self.same(stored, value)


TEXT = FieldType("text")
LONG_TEXT = FieldType("long text", LONG_TEXT_LIMIT)
#: An address and a number that are only stored.
EMAIL = FieldType("email", parse=_email, same=keys.same_email)
PHONE = FieldType("phone", parse=_phone, tidy=texts.visible, same=keys.same_phone)
#: An address, a number or a name that somebody is found by.
EMAIL_KEY = FieldType("email", key=_email_key, same=keys.same_email)
PHONE_KEY = FieldType("phone", key=_phone_key, tidy=texts.visible, same=keys.same_phone)
NAME_KEY = FieldType("text", key=_name_key)
#: A caller's own reference, exactly as it was sent.
REFERENCE_KEY = FieldType("text", key=_reference_key)
#: An e-mail address or a phone number of somebody who is known already.
CONTACT_REFERENCE = FieldType("email or phone", 255, key=_contact_reference)


#: What the ledger calls a field that callers do not know as a custom one -> what they call it.
TOLD = {"custom.time_zone": "time_zone"}


def told(diff: Mapping[str, Any]) -> dict[str, Any]:
    """Changes by the names of fields that callers know."""
    return {TOLD.get(name, name): change for name, change in diff.items()}


@dataclass(frozen=True)
class Field:
    """A field that a heading can be mapped to."""

    #: The technical name: a column of the object's table, unless a data type says otherwise.
    name: str
    label: str
    type: FieldType = TEXT
    #: The object among whose attributes it is kept; None: in a column.
    kept_in: str | None = None

    @property
    def attribute(self) -> str:
        """Its name among the attributes."""
        return self.name.rpartition(".")[2]

    @property
    def path(self) -> str:
        """Its name where objects are told apart: `contact.time_zone`."""
        return f"{self.kept_in}.{self.attribute}" if self.kept_in else self.name

    @property
    def entry(self) -> str:
        """Its name in the ledger."""
        return f"custom.{self.attribute}" if self.kept_in else self.name
