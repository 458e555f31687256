"""Typed values: numbers, dates, choices, from text to what JSON and the ledger can hold.

Every value has one canonical form, so that sending the same value in another spelling changes nothing:
whole numbers are numbers, decimals and dates are texts, times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rapport.records.errors import Invalid
from rapport.records.fields import FieldType

#: PostgreSQL's bigint.
_WHOLE_LIMIT = 2**63
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,15})?")
#: The reference's own example writes an offset behind a space: `2019-03-06 10:00:00 +0530`.
_SPACED_OFFSET = re.compile(r"(?<=\d) (?=[+-]\d\d:?\d\d$)")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

_TRUE = frozenset(("true", "yes", "y", "1"))
_FALSE = frozenset(("false", "no", "n", "0"))


def _whole(text: str, _zone: ZoneInfo) -> int:
    if not _WHOLE.fullmatch(text) or not -_WHOLE_LIMIT <= int(text) < _WHOLE_LIMIT:
        raise Invalid("integer")
    return int(text)


def _decimal(text: str, _zone: ZoneInfo) -> str:
    if not _DECIMAL.fullmatch(text):
        raise Invalid("decimal")
    value = Decimal(text) + 0  # no negative zero
    whole = value == value.to_integral_value()
    return f"{value.quantize(Decimal(1)) if whole else value.normalize():f}"


def _day(text: str, _zone: ZoneInfo) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid("date") from None


def _moment(text: str, zone: ZoneInfo) -> str:
    """A moment in UTC; without an offset it is the tenant's local time."""
    try:
        if not _TIME.match(text):
            raise ValueError
        moment = datetime.fromisoformat(_SPACED_OFFSET.sub("", text))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
        # asyncpg stores both ends of the calendar as infinite, which no other driver reads; zones lie beyond them.
        if not 1 < moment.year < 9999:
            raise ValueError
        return moment.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise Invalid("datetime") from None


def _boolean(text: str, _zone: ZoneInfo) -> bool:
    lower = text.lower()
    if lower not in _TRUE and lower not in _FALSE:
        raise Invalid("truth")
    return lower in _TRUE


INTEGER = FieldType("integer", parse=_whole)
DECIMAL = FieldType("decimal", parse=_decimal)
DATE = FieldType("date", parse=_day)
DATE_TIME = FieldType("date-time", parse=_moment)
BOOLEAN = FieldType("boolean", parse=_boolean)


def whole_number(least: int, most: int) -> FieldType:
    """Whole numbers within bounds."""

    def parse(text: str, zone: ZoneInfo) -> int:
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise Invalid("integer_between", least=least, most=most)
        return int(text)

    return FieldType("integer", parse=parse, between=(least, most))


def choice(*allowed: str, code: str = "choice", parse: Callable[[str], str] | None = None) -> FieldType:
    """One of the `allowed` texts, exactly, after `parse` (upper-casing, say)."""
    listed = ", ".join(allowed)
    known = frozenset(allowed)

    def read(text: str, _zone: ZoneInfo) -> str:
        value = parse(text) if parse else text
        if value not in known:
            raise Invalid(code, allowed=listed)
        return value

    return FieldType("choice", parse=read, allowed=allowed)
