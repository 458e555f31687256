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


def _text(text: str) -> str:
    check_text(text)
    return text


def _email(text: str) -> str:
    check_text(text)
    keys.email_key(text)
    return text


def _phone(text: str) -> str:
    keys.phone_key(text)
    return text


@dataclass(frozen=True)
class FieldType:
    """How one kind of value is read."""

    name: str
    #: Most code points, counted after trimming.
    limit: int
    #: Trimmed, non-empty text within the limit -> the value to store; raises `Invalid`.
    parse: Callable[[str], str]

    def read(self, text: str) -> str:
        """The value of trimmed, non-empty `text`. Raises `Invalid`."""
        if len(text) > self.limit:
            raise Invalid("max", limit=self.limit)
        return self.parse(text)


TEXT = FieldType("text", TEXT_LIMIT, _text)
LONG_TEXT = FieldType("long text", LONG_TEXT_LIMIT, _text)
EMAIL = FieldType("email", TEXT_LIMIT, _email)
PHONE = FieldType("phone", TEXT_LIMIT, _phone)


@dataclass(frozen=True)
class Field:
    """A field that a heading can be mapped to."""

    #: The technical name: a column of the object's table, unless a data type says otherwise.
    name: str
    label: str
    type: FieldType = TEXT
