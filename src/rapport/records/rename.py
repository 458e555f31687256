"""Which mapped heading an unmapped one probably is under a new name; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rapport.records.errors import Invalid
from rapport.records.fields import FieldType
from rapport.records.texts import trimmed

#: How alike two folded names must be to be taken for one (0 to 1).
ALIKE = 0.75
#: Characters of two names that are compared.
COMPARED = 64
#: A heading went quiet at the same time when its last sight is so close to the other's first.
BEFORE = timedelta(hours=24)
AFTER = timedelta(minutes=10)
_UTC = ZoneInfo("UTC")
_NOT_WORDS = re.compile(r"[\W_]+")


class Mapped(NamedTuple):
    """A heading that the configuration maps."""

    heading: str
    field: str
    type: FieldType
    #: None: never sent, as far as anybody remembers.
    last_seen: datetime | None


class Suggestion(NamedTuple):
    """The mapped heading that it probably was, and why."""

    heading: str
    field: str
    #: Some of `similar_name`, `same_shape` and `went_quiet`.
    reasons: tuple[str, ...]


def suggest(heading: str, values: Sequence[str], first_seen: datetime, mapped: Iterable[Mapped]) -> Suggestion | None:
    """The best candidate, if there is a good one.

    `values` are what came under the heading, `first_seen` is when that began. A candidate has a similar name, or it
    went quiet when this heading began and takes just such values; one whose field would refuse a value is none.
    """
    best, score = None, 0.0
    for candidate in mapped:
        shape = _shape(values, candidate.type)
        alike = _likeness(heading, candidate.heading)
        quiet = _went_quiet(candidate.last_seen, first_seen)
        if shape is False or not (alike >= ALIKE or (quiet and shape)):
            continue
        reasons = {"similar_name": alike >= ALIKE, "same_shape": bool(shape), "went_quiet": quiet}
        weight = alike + 0.5 * quiet + 0.25 * bool(shape)
        if weight > score:
            told = tuple(reason for reason, holds in reasons.items() if holds)
            best, score = Suggestion(candidate.heading, candidate.field, told), weight
    return best


def _likeness(left: str, right: str) -> float:
    """How alike two headings are, whatever case, spaces and dashes; other digits are another thing."""
    left, right = folded(left[:COMPARED]), folded(right[:COMPARED])
    if re.findall(r"\d+", left) != re.findall(r"\d+", right):
        return 0.0
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    # The cheap upper bound first: most pairs are not alike at all.
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def folded(text: str) -> str:
    """Letters and digits only, without accents."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _NOT_WORDS.sub("", plain.casefold())


def _went_quiet(last_seen: datetime | None, first_seen: datetime) -> bool:
    return last_seen is not None and first_seen - BEFORE <= last_seen <= first_seen + AFTER


def _shape(values: Sequence[str], kind: FieldType) -> bool | None:
    """Whether a type takes all values and would not take any text; None where that says nothing."""
    filled = [value for value in map(trimmed, values) if value]
    if not filled:
        return None
    if any(not _takes(kind, value) for value in filled):
        return False
    return True if not _takes(kind, "some text, no more") else None


def _takes(kind: FieldType, text: str) -> bool:
    try:
        kind.read(text, _UTC)
    except Invalid:
        return False
    return True
