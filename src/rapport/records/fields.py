"""Field types: a caller's raw text in, a value to store out, or the rule that the text breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


def _check_email(text: str) -> None:
    keys.email_key(text)


def _name_key(text: str) -> str:
    check_text(text)
    return keys.name_key(text)


def _email_key(text: str) -> str:
    return "e:" + keys.email_key(text)


def _phone_key(text: str) -> str:
    return "p:" + keys.phone_key(text)


@dataclass(frozen=True)
class FieldType:
    """How one kind of value is read. What is stored is the trimmed text itself."""

    name: str
    #: Most code points, counted after trimming.
    limit: int
    #: Raises `Invalid` where trimmed, non-empty text within the limit is not of this kind.
    check: Callable[[str], None] = check_text
    #: Text -> identity key in its key table, for fields that find objects; checks as well.
    key: Callable[[str], str] | None = None


TEXT = FieldType("text", TEXT_LIMIT)
LONG_TEXT = FieldType("long text", LONG_TEXT_LIMIT)
#: An address that is only stored.
EMAIL = FieldType("email", TEXT_LIMIT, check=_check_email)
#: An address, a number or a name that somebody is found by.
EMAIL_KEY = FieldType("email", TEXT_LIMIT, key=_email_key)
PHONE_KEY = FieldType("phone", TEXT_LIMIT, key=_phone_key)
NAME_KEY = FieldType("text", TEXT_LIMIT, key=_name_key)


@dataclass(frozen=True)
class Field:
    """A field that a heading can be mapped to."""

    #: The technical name: a column of the object's table, unless a data type says otherwise.
    name: str
    label: str
    type: FieldType = TEXT
