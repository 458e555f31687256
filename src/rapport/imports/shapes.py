"""What a column's values look like, for where its name says nothing; pure.

Only what hardly anything else looks like: customers' and banks' numbers are phones without a sign, and two letters are
countries as well as languages, so that nothing is proposed where there is nothing more. Dates, scores and choices say
what is there, not whose: they count where one column alone has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.feedback.documents import languages
from rapport.records.errors import Invalid
from rapport.records.fields import Field
from rapport.records.keys import email_key, phone_key
from rapport.records.values import DATE_TIME, TIME_ZONE

#: The share of values that must look so: there is dirt in every file.
MOST = 0.9
#: So many values, as many of them different, make numbers of 0 to 10 a score.
SCORES, SPREAD = 10, 3
#: How numbers are written that are made to be dialled: with a + or cut into parts, in North America without a 0.
_DIALLED = re.compile(r"[+(](?!00).*|0(?!00)[0-9]*[ ()-].*|[0-9]{3}-[0-9]{3}-[0-9]{4}")
_DAY = re.compile(r"[0-9]{1,2}[- ][0-9]{1,2}[- ][0-9]{2,4}")
#: Digits that a number has which is no postal code and no account's: E.164 ends at 15.
_DIGITS = range(8, 16)
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|419))?")
_TAGS = frozenset(languages.NAMES.values()) | frozenset(languages.OWN_NAMES)
#: Languages whose tags are no country's: neither in ISO 3166 nor, as `el` and `uk`, written for one.
_NO_COUNTRIES = frozenset(("cs", "da", "en", "fa", "he", "hi", "ja", "ko", "nb", "sq", "ur", "zh"))
_UTC = ZoneInfo("UTC")


class Shape(NamedTuple):
    """Whether values look like a field's, and what to tell of that."""

    holds: Callable[[Sequence[str]], bool]
    reason: str
    #: Whether it says something only where one column alone has it.
    alone: bool = False


def shape(field: Field, fields: Iterable[Field]) -> Shape | None:
    """What the values of one of the `fields` look like; None where they look like anything."""
    if field.name in _BY_NAME:
        return _BY_NAME[field.name]
    if field.type.allowed:
        return Shape(lambda values: len(set(values)) > 1 and takes(field, values), "It holds what can be chosen.", True)
    if field.type is DATE_TIME and [each.type for each in fields].count(DATE_TIME) == 1:
        return Shape(lambda values: takes(field, values), "It holds dates.", alone=True)
    if field.name == "nps_score":
        return Shape(lambda values: _spread(values) and takes(field, values), "It holds numbers of 0 to 10.", True)
    return None


def takes(field: Field, values: Sequence[str], share: float = MOST) -> bool:
    """Whether a field takes so many of the values; `values` may not be empty."""
    return sum(is_taken(field, value) for value in values) >= share * len(values)


def is_taken(field: Field, text: str) -> bool:
    """Whether a field takes a value."""
    return _is(lambda given: field.type.read(given, _UTC))(text)


def _is(read: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a reader takes a text."""

    def taken(text: str) -> bool:
        try:
            read(text.strip())
        except Invalid:
            return False
        return True

    return taken


def _most(looks: Callable[[str], bool]) -> Callable[[Sequence[str]], bool]:
    return lambda values: sum(map(looks, values)) >= MOST * len(values)


def _spread(values: Sequence[str]) -> bool:
    return len(values) >= SCORES and len(set(values)) >= SPREAD


_is_email, _is_phone = _is(email_key), _is(phone_key)
_is_zone = _is(lambda text: TIME_ZONE.read(text, _UTC))


def _dialled(text: str) -> bool:
    plain = text.strip()
    dialled = _DIALLED.fullmatch(plain) and not _DAY.fullmatch(plain)
    return bool(dialled) and _is_phone(plain) and len(phone_key(plain)) in _DIGITS


def _language(text: str) -> bool:
    """A tag (`nl`, `nl-BE`, `pt_BR`), or what a language is called."""
    plain = text.strip()
    tag = _TAG.fullmatch(plain)
    return languages.tag(plain) != plain or bool(tag and tag[1] in _TAGS)


def _languages(values: Sequence[str]) -> bool:
    """Some must be no countries: `nl`, `de` and `fr` may be either. Those that are all `no` are answers."""
    return any(_language(each) and not _country(each) for each in values) and _most(_language)(values)


def _country(text: str) -> bool:
    """Whether a language may as well be a country: two letters alone."""
    plain = text.strip()
    return len(plain) == 2 and plain.isascii() and plain not in _NO_COUNTRIES


_BY_NAME = {
    "email": Shape(_most(_is_email), "It holds e-mail addresses."),
    "phone": Shape(_most(_dialled), "It holds phone numbers."),
    "language": Shape(_languages, "It holds languages."),
    "time_zone": Shape(_most(lambda text: "/" in text and _is_zone(text)), "It holds time zones."),
}
