"""Field types: a caller's raw text in, a value to store out, or the rule that the text breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from rapport.records import keys
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
    #: Text and the tenant's time zone -> the value to store. Raises `Invalid`.
    parse: Callable[[str, ZoneInfo], Any] | None = None
    #: The only texts that it takes, where they can be listed; `parse` may forgive their case.
    allowed: tuple[str, ...] = ()
    #: The least and the greatest number that it takes.
    between: tuple[int, int] | None = None

    def read(self, text: str, zone: ZoneInfo) -> tuple[Any, str | None]:
        """The value to store, and the identity key of a type that has one. Raises `Invalid`."""
        if len(text) > self.limit:
            raise Invalid("max", limit=self.limit)
        if self.parse is not None:
            return self.parse(text, zone), None
        if self.key is not None:
            return text, self.key(text)
        check_text(text)
        return text, None


TEXT = FieldType("text")
LONG_TEXT = FieldType("long text", LONG_TEXT_LIMIT)
#: An address that is only stored.
EMAIL = FieldType("email", parse=_email)
#: An address, a number or a name that somebody is found by.
EMAIL_KEY = FieldType("email", key=_email_key)
PHONE_KEY = FieldType("phone", key=_phone_key)
NAME_KEY = FieldType("text", key=_name_key)
#: A caller's own reference, exactly as it was sent.
REFERENCE_KEY = FieldType("text", key=_reference_key)
#: An e-mail address or a phone number of somebody who is known already.
CONTACT_REFERENCE = FieldType("text", 255, key=_contact_reference)


@dataclass(frozen=True)
class Field:
    """A field that a heading can be mapped to."""

    #: The technical name: a column of the object's table, unless a data type says otherwise.
    name: str
    label: str
    type: FieldType = TEXT
