"""Cells that no spreadsheet runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.records.cells import guarded, unguarded


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("@SUM(1)", "'@SUM(1)"), ("+1+cmd", "'+1+cmd"), ("-x", "'-x"),
        ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("'=1", "''=1"), ("'-x", "''-x"), ("=", "'="),
        ("-12.5", "-12.5"), ("+1e5", "+1e5"), ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("-447911123456", "-447911123456"), ("''=1", "'''=1"),
        ("", ""), ("Ada", "Ada"), ("'s-Hertogenbosch", "'s-Hertogenbosch"), ("a=b", "a=b"), ("''x", "''x"),
    ],
)  # fmt: skip
def test_what_would_be_a_formula_is_a_text(text: str, cell: str) -> None:
    assert guarded(text) == cell
    assert unguarded(cell) == text


@given(st.text() | st.text("'=+-@\t\r1a"))
def test_no_text_is_changed_on_the_way(text: str) -> None:
    assert unguarded(guarded(text)) == text
