"""Typed values: numbers, dates, choices, from text to what JSON and the ledger can hold.

Every value has one canonical form, so that sending the same value in another spelling changes nothing:
whole numbers are numbers, decimals and dates are texts, times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple
from unicodedata import normalize
from zoneinfo import ZoneInfo, available_timezones

from rapport.records.errors import Invalid, listed
from rapport.records.fields import FieldType, Warned

#: PostgreSQL's bigint.
WHOLE = (-(2**63), 2**63 - 1)
#: Digits of a decimal before and behind its point.
DIGITS = 30
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,128}))?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ](.+))?")
_TIME = re.compile(
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)"
    #: The reference's own example writes an offset behind a space: `2019-03-06 10:00:00 +0530`.
    r"(?: ?([Zz]|[Uu][Tt][Cc]|[+-][0-9]{2}(?::?[0-5][0-9])?))?"
)
_MIDNIGHT = re.compile(r"00:00(?::00(?:[.,]0+)?)?")

TRUE, FALSE = ("true", "yes", "y", "on", "1"), ("false", "no", "n", "off", "0")


class _Number(NamedTuple):
    """A number exactly as written: `digits` without zeros at either end, the point before the one at `point`."""

    negative: bool
    digits: str
    point: int

    def whole(self) -> int | None:
        """The number where it is whole and not absurdly large, else None."""
        if not self.digits:
            return 0
        if not len(self.digits) <= self.point <= DIGITS:
            return None
        value = int(self.digits.ljust(self.point, "0"))
        return -value if self.negative else value


def _number(text: str) -> _Number | None:
    """The number that a text is, in digits or as JSON has it, whatever its size; None where it is none."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    sign, before, behind, exponent = found.groups(default="")
    if not before and not behind:
        return None
    digits = (before + behind).lstrip("0")
    point = len(digits) - len(behind) + int(exponent or 0)
    return _Number(sign == "-", digits.rstrip("0"), point) if digits else _Number(negative=False, digits="", point=0)


def is_number(text: str) -> bool:
    """Whether a text is a number, of any size."""
    return _number(text) is not None


def _whole(text: str, _zone: ZoneInfo) -> int:
    number = _number(text)
    if number is None or number.point < len(number.digits):
        raise Invalid("integer")
    value = number.whole()
    if value is None or not WHOLE[0] <= value <= WHOLE[1]:
        raise Invalid("integer_between", least=WHOLE[0], most=WHOLE[1])
    return value


def _decimal(text: str, _zone: ZoneInfo) -> str:
    number = _number(text)
    if number is None:
        raise Invalid("decimal")
    _, digits, point = number
    if not digits:
        return "0"
    if point > DIGITS or len(digits) - point > DIGITS:
        raise Invalid("decimal_digits", limit=DIGITS)
    before, behind = digits[: max(point, 0)].ljust(point, "0"), digits[max(point, 0) :]
    if behind:
        behind = "." + "0" * -point + behind
    return ("-" if number.negative else "") + (before or "0") + behind


def _day(text: str, _zone: ZoneInfo) -> str:
    """A date; of a date-time that is midnight as it is written its date, whatever its offset."""
    try:
        day, time, _ = _written(text)
        if time is not None and not _MIDNIGHT.fullmatch(time):
            raise ValueError(text)
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Invalid("date") from None


def _moment(text: str, zone: ZoneInfo) -> str | Warned:
    """A moment in UTC; without an offset it is the tenant's local time, without a time midnight."""
    try:
        day, time, offset = _written(text)
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{offset or ''}")
        changed = False
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
            # Where clocks change, the first reading has the offset from before; any other time has one reading.
            changed = moment.utcoffset() != moment.replace(fold=1).utcoffset()
        moment = moment.astimezone(UTC)
        # asyncpg stores both ends of the calendar as infinite, which no other driver reads; zones lie beyond them.
        if not 1 < moment.year < 9999:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise Invalid("datetime") from None
    told = moment.isoformat().replace("+00:00", "Z")
    return Warned(told, "clock_change") if changed else told


def _written(text: str) -> tuple[str, str | None, str | None]:
    """Date, time and offset as they are written. Raises `ValueError` where they are not, or no time is like this."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    day, rest = found.groups()
    if rest is None:
        return day, None, None
    told = _TIME.fullmatch(rest)
    if not told:
        raise ValueError(text)
    time, offset = told.groups()
    if offset is not None and offset.upper() in ("Z", "UTC"):
        offset = "+00:00"
    datetime.fromisoformat(f"{day}T{time}{offset or ''}")
    return day, time, offset


def _boolean(text: str, _zone: ZoneInfo) -> bool:
    word = text.lower()
    number = _number(word)
    if number is not None:
        word = str(number.whole())
    if word not in TRUE and word not in FALSE:
        raise Invalid("yes_or_no")
    return word in TRUE


@cache
def _time_zones() -> dict[str, str]:
    """Names of the IANA time zone database in lower case -> as they are written; without what a machine adds."""
    return {name.lower(): name for name in available_timezones() - {"localtime", "posixrules", "Factory"}}


def _time_zone(text: str, _zone: ZoneInfo) -> str:
    name = _time_zones().get(text.lower())
    if name is None:
        raise Invalid("time_zone")
    return name


INTEGER = FieldType("integer", parse=_whole)
DECIMAL = FieldType("decimal", parse=_decimal)
DATE = FieldType("date", parse=_day)
DATE_TIME = FieldType("date-time", parse=_moment)
TIME_ZONE = FieldType("time zone", parse=_time_zone)
BOOLEAN = FieldType("boolean", parse=_boolean, empty="empty_boolean")


def whole_number(least: int, most: int) -> FieldType:
    """Whole numbers within bounds."""

    def parse(text: str, _zone: ZoneInfo) -> int:
        number = _number(text)
        value = None if number is None else number.whole()
        if value is None or not least <= value <= most:
            raise Invalid("integer_between", least=least, most=most)
        return value

    return FieldType("integer", parse=parse, between=(least, most))


def choice(*allowed: str, code: str = "choice", parse: Callable[[str], str] | None = None) -> FieldType:
    """One of the `allowed` texts, after `parse` (upper-casing, say)."""
    known = {normalize("NFC", text): text for text in allowed}
    told = listed(allowed)

    def read(text: str, _zone: ZoneInfo) -> Any:
        value = known.get(normalize("NFC", parse(text) if parse else text))
        if value is None:
            raise Invalid(code, allowed=told)
        return value

    return FieldType("choice", parse=read, allowed=allowed)
