"""Which words an object is found by, and which words a search looks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.directory import words

NASTY = "a\0b \ud800 " + "." * 100_000 + " c"


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["Ada", "Lovelace"], {"ada", "lovelace"}),
        (["  Ada   King-Noel "], {"ada", "king", "noel"}),
        (["Zoë", "Ångström", "İstanbul", "Straße"], {"zoe", "angstrom", "istanbul", "strasse"}),
        (["ada.lovelace@mail.example.com"], {"ada.lovelace@mail.example.com", "lovelace", "mail.example.com"}),
        (["user77@example.com"], {"user77@example.com", "example.com"}),
        (["O'Brien", "O\u2019Neill"], {"o", "brien", "neill"}),
        (["St. John"], {"st", "john"}),
        (["example.com Ltd"], {"example.com", "com", "ltd"}),
        (["A & B"], {"a", "b"}),
        (["Anna", "Ann", "An"], {"anna"}),
        (["हिन्दी"], {"हनद"}),
        (["東京 本社"], {"東京", "本社"}),
        (["ﬁne Ⅷ"], {"fine", "viii"}),
        (["", " ", "-", "@", "...", "\0", "\ud800"], set()),
        ([NASTY], {"a", "b", "c"}),
        (["x" * 100], {"x" * words.WORD_LIMIT}),
    ],
)
def test_what_an_object_is_found_by(texts: list[str], kept: set[str]) -> None:
    assert words.kept(texts) == kept


def test_an_object_has_only_so_many_words_and_the_first_ones() -> None:
    found = words.kept(["Ada", " ".join(f"word{number:04}" for number in range(5_000))])
    assert len(found) == words.WORDS_LIMIT
    assert "ada" in found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ada Love", ["ada", "love"]),
        ("LOVE ada love", ["love", "ada"]),
        ("King-Noel", ["king", "noel"]),
        ("ada.lovelace@Example", ["ada.lovelace@example"]),
        ("@example.com", ["example.com"]),
        ("+47 (123) 45-678", ["4712345678"]),
        ("12", ["12"]),
        ("3 51", ["3", "51"]),
        ("Smith,", ["smith"]),
        ("Zoe\u0308", ["zoe"]),
        ("", []),
        (" . - \0 \ud800", []),
        (NASTY, ["a", "b", "c"]),
        ("x" * 100, ["x" * words.WORD_LIMIT]),
        (" ".join("abcdefghijkl"), list("abcdefgh")),
    ],
)
def test_what_is_looked_for(text: str, wanted: list[str]) -> None:
    assert words.wanted(text) == wanted


#: Numbers of several parts are looked for as phone numbers only.
TEXTS = st.text(max_size=30).filter(lambda text: any(sign not in "0123456789 ()+-" for sign in text))


@given(st.lists(TEXTS, max_size=4), st.data())
def test_an_object_is_found_by_any_beginning_of_its_texts(texts: list[str], data: st.DataObject) -> None:
    found = words.kept(texts)
    text = data.draw(st.sampled_from(texts)) if texts else ""
    for word in words.wanted(text):
        beginning = word[: data.draw(st.integers(1, len(word)))]
        assert any(each.startswith(beginning) for each in found)
    for word in found:
        word.encode()
        assert "\0" not in word
