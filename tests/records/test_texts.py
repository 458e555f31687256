"""What of a text can be seen."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.records.texts import INVISIBLE, SPACES, same, trimmed, visible


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        (" Ada \r\n", "Ada"),
        ("\N{ZERO WIDTH SPACE}", ""),
        ("\N{HANGUL FILLER}\N{NO-BREAK SPACE}\N{SOFT HYPHEN}", ""),
        ("\ufeffAda", "Ada"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}Ada\N{POP DIRECTIONAL FORMATTING} ", "Ada"),
        ("Ada\N{WORD JOINER} \N{RIGHT-TO-LEFT MARK}\N{IDEOGRAPHIC SPACE}", "Ada"),
        ("Ada\N{VARIATION SELECTOR-16}", "Ada"),
        ("Ada\U000e0001", "Ada"),
        ("A\N{ZERO WIDTH SPACE}da", "A\N{ZERO WIDTH SPACE}da"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("👨\N{ZERO WIDTH JOINER}", "👨"),
        ("❤️ ", "❤️"),
        ("\N{VARIATION SELECTOR-16}❤️\N{VARIATION SELECTOR-16}", "❤️"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("🏴\U000e0067\U000e0062", "🏴"),
        ("می‌خواهم", "می‌خواهم"),
        ("می‌", "می"),
        ("\0", "\0"),
    ],
)
def test_what_cannot_be_seen_at_the_ends_is_no_part_of_a_value(text: str, left: str) -> None:
    assert trimmed(text) == left


def test_every_white_space_is_known() -> None:
    listed = {number for first, last in SPACES for number in range(first, last + 1)}
    assert listed == {number for number in range(sys.maxunicode + 1) if chr(number).isspace()}


def test_what_cannot_be_seen_is_no_letter_or_number_that_people_write() -> None:
    listed = [chr(number) for first, last in INVISIBLE for number in range(first, last + 1)]
    found = {unicodedata.category(sign) for sign in listed}
    assert found <= {"Cf", "Mn", "Lo", "Cn"}
    fillers = {unicodedata.name(sign) for sign in listed if unicodedata.category(sign) == "Lo"}
    assert all(name.endswith("FILLER") for name in fillers)


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("José", unicodedata.normalize("NFD", "José"), True),
        ("a\nb", "a\r\nb", True),
        ("a\nb", "a\rb", True),
        ("a\nb", "a b", False),
        ("Jose", "José", False),
        ("ada", "Ada", False),
        ("ﬁne", "fine", False),
    ],
)
def test_texts_are_the_same_whatever_their_encoding(old: str, new: str, *, right: bool) -> None:
    assert same(old, new) is right
    assert same(new, old) is right


unseen = st.text(st.sampled_from([chr(place) for pair in SPACES + INVISIBLE for place in pair]), max_size=5)


@given(st.text(), unseen, unseen)
def test_trimming_twice_is_trimming_once(text: str, before: str, behind: str) -> None:
    once = trimmed(before + text + behind)
    assert trimmed(once) == once
    assert visible(once) == visible(visible(once))
    assert once in before + text + behind
