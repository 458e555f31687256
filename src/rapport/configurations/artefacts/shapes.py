"""What JSON takes for each type of field: what the service takes, told as patterns.

Of numbers with exponents, international letters in addresses, names of time zones and spellings of touchpoints they
know the shape only.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from rapport.records import keys
from rapport.records.errors import Invalid
from rapport.records.fields import FieldType
from rapport.records.texts import INVISIBLE, SPACES
from rapport.records.values import DIGITS, FALSE, TRUE, WHOLE

Schema = dict[str, Any]

#: What every text takes: numbers, `true` and `false` are read as they are written, null is sent empty.
SCALAR = ["string", "number", "boolean", "null"]
_UTC = ZoneInfo("UTC")
_SYNTAX = re.compile(r"[\\^$.|?*+()\[\]{}]")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")


def _signs(ranges: tuple[tuple[int, int], ...]) -> str:
    """Members of a character class; not every engine knows those beyond the basic plane by a number."""
    return "".join(
        f"\\u{first:04x}-\\u{last:04x}" if last > first else f"\\u{first:04x}"
        for first, last in ranges
        if last <= 0xFFFF
    )


def _listed(signs: str) -> str:
    return _signs(tuple((ord(sign), ord(sign)) for sign in signs))


_HIDDEN = _signs(INVISIBLE)
_UNSEEN = f"[{_signs(SPACES)}{_HIDDEN}]*"

_LEAP = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY = (
    "(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_OFFSET = "(?: ?(?:[Zz]|[Uu][Tt][Cc]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?))?"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?"
_MIDNIGHT = "00:00(?::00(?:[.,]0+)?)?"
_EXPONENT = "(?:[eE][+-]?[0-9]{1,2})?"
_WHOLE_NUMBER = r"[+-]?(?:0*[0-9]{1,19}(?:\.0*)?|\.0+)(?:[eE](?:\+?0*1?[0-9]|-0+))?"
_DECIMAL = rf"[+-]?(?:0*[0-9]{{1,{DIGITS}}}(?:\.[0-9]{{0,{DIGITS}}}0*)?|\.[0-9]{{1,{DIGITS}}}0*){_EXPONENT}"

_DASH = f"[{_listed(keys.DASHES)}]"
#: What may stand between the digits of a phone number.
_BETWEEN = f"[()+{_listed(keys.DASHES + keys.SPACES)} {_HIDDEN}]*"
_ABROAD = f"{_BETWEEN}0{_BETWEEN}0"
_NO_DATE = f"(?![0-9]{{4}}{_DASH}(?:0[1-9]|1[0-2]){_DASH}(?:0[1-9]|[12][0-9]|3[01]){_UNSEEN}$)"
_PHONE = (
    rf"(?=[0-9(+]){_NO_DATE}(?:{_ABROAD})*(?!{_ABROAD})"
    rf"(?:{_BETWEEN}[0-9]){{{keys.PHONE_DIGITS[0]},{keys.PHONE_DIGITS[-1]}}}{_BETWEEN}"
)
_ATOM = rf'[^\u0000-\u0020\u007f-\u00a0()<>\[\]:;,\\".@{_signs(SPACES)}{_HIDDEN}]+'
_LETTER = rf"[^\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a0{_signs(SPACES)}{_HIDDEN}]"
_LABEL = rf"(?!(?![xX][nN]).{{2}}--){_LETTER}(?:(?:{_LETTER}|-){{0,61}}{_LETTER})?"
_EMAIL = rf"(?![^@]*=\?){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*"


def _text(pattern: str, *types: str) -> Schema:
    """Texts like this with what cannot be seen around it, what is sent empty, and other types of JSON."""
    filled = f"(?:{pattern})?{_UNSEEN}" if pattern else ""
    return {"type": ["string", *types, "null"], "pattern": f"^{_UNSEEN}{filled}$"}


_FIXED: dict[str, Schema] = {
    "text": {"type": SCALAR, "pattern": r"^[^\u0000]*$"},
    "long text": {"type": SCALAR, "pattern": r"^[^\u0000]*$"},
    "email": _text(_EMAIL),
    "phone": _text(_PHONE, "integer") | {"minimum": 10**4, "maximum": 10**20 - 1},
    "email or phone": _text(f"{_EMAIL}|{_PHONE}", "integer") | {"minimum": 10**4, "maximum": 10**20 - 1},
    "decimal": _text(_DECIMAL, "number") | {"exclusiveMinimum": -1e30, "exclusiveMaximum": 1e30},
    "date": _text(f"(?:{_DAY})(?:[Tt ]{_MIDNIGHT}{_OFFSET})?"),
    "time zone": _text("[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*"),
    "date-time": _text(f"(?!000[01]|9999)(?:{_DAY})(?:[Tt ]{_TIME}{_OFFSET})?"),
}


def shape(kind: FieldType) -> Schema:
    """The schema of a value for a field of this type."""
    if kind.name == "integer":
        found = _integer(kind.between)
    elif kind.name == "boolean":
        words = "|".join(_any_case(word) for word in (*TRUE, *FALSE))
        found = _text(f"{words}|[01]\\.0*", "boolean", "integer") | {"minimum": 0, "maximum": 1}
    elif kind.allowed or kind.name == "touchpoint":
        found = _choice(kind)
    else:
        found = _FIXED[kind.name]
    return found | {"maxLength": kind.limit}


def _integer(between: tuple[int, int] | None) -> Schema:
    least, most = between or WHOLE
    pattern = _WHOLE_NUMBER
    if between is not None:
        numbers = "|".join(map(str, range(least, most + 1)))
        tens = "|".join(str(number // 10) for number in range(max(least, 10), most + 1, 10))
        pattern = rf"\+?0*(?:{numbers})(?:\.0*)?(?:[eE][+-]?0+)?|-?0+(?:\.0*)?|[+-]?\.0+"
        pattern += rf"|\+?0*(?:{tens})(?:\.0*)?[eE]\+?0*1" if tens else ""
    return _text(pattern, "integer") | {"minimum": least, "maximum": most}


def _choice(kind: FieldType) -> Schema:
    """One of the listed texts, or of those that mean one of them."""
    forgiving = any(_takes(kind, text.swapcase()) for text in kind.allowed if text.swapcase() not in kind.allowed)
    known = dict.fromkeys(normalize(form, text) for text in kind.allowed for form in ("NFC", "NFD"))
    spelt = "|".join(_any_case(text) if forgiving else _SYNTAX.sub(r"\\\g<0>", text) for text in known)
    literal: list[bool | int] = [text == "true" for text in kind.allowed if text in ("true", "false")]
    literal += [int(text) for text in kind.allowed if _WHOLE.fullmatch(text)]
    return {"anyOf": [{"enum": [*kind.allowed, *literal, "", None]}, _text(spelt)]}


def _takes(kind: FieldType, text: str) -> bool:
    try:
        kind.read(text, _UTC)
    except Invalid:
        return False
    return True


def _any_case(text: str) -> str:
    """A pattern for the text in upper and lower case, whatever its inner white space."""
    return "".join(f"[{sign.lower()}{sign.upper()}]" if _has_case(sign) else _plain(sign) for sign in text)


def _has_case(sign: str) -> bool:
    return sign.lower() != sign.upper() and len(sign.lower()) == len(sign.upper()) == 1


def _plain(sign: str) -> str:
    return f"{_UNSEEN} {_UNSEEN}" if sign == " " else _SYNTAX.sub(r"\\\g<0>", sign)


#: What a record gives a heading that it must fill.
FILLED: Schema = {"not": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": f"^{_UNSEEN}$"}]}}
