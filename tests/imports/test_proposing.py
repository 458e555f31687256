"""Columns of what other systems export find their fields: nearly all, and none is wrong where we are sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.imports.proposing import HIGH, PROBABLE, doubt, propose
from rapport.records.catalogue import PLAIN
from rapport.records.types import ALL

#: A value of each kind of column, where values matter.
EMAIL, PHONE, DATE, SCORE = "ada@example.com", "+44 20 7946 0958", "2026-01-31 14:30", "9"
#: System, data type, headings; behind a heading the field that it fills, and a sign for what stands there.
HEADS = (Path(__file__).parent / "heads.txt").read_text(encoding="utf-8")
_VALUES = {"E": EMAIL, "P": PHONE, "D": DATE, "S": SCORE}


def head(line: str) -> tuple[str, dict[str, list[str]], dict[str, str]]:
    """The data type, the sample, and heading -> field as it is meant."""
    _, kind, columns = map(str.strip, line.split("|"))
    sample: dict[str, list[str]] = {}
    meant: dict[str, str] = {}
    for column in columns.split("; "):
        told, _, value = column.partition("=")
        name, _, field = told.rpartition(":") if ":" in told and not told.endswith("City") else (told, "", "")
        sample[name] = [_VALUES.get(value, value)] * 3 if value else []
        if field:
            meant[name] = field
    return kind, sample, meant


LINES = HEADS.strip().splitlines()


def test_nearly_all_columns_of_thirty_exports_are_found_and_none_is_wrong_where_we_are_sure() -> None:
    assert len(LINES) == 30
    right = all_of_them = 0
    wrong = []
    for line in LINES:
        kind, sample, meant = head(line)
        found = propose(sample, PLAIN.fields(ALL[kind]).values())
        for heading in sample:
            guess = found.get(heading)
            all_of_them += 1
            if (guess and guess.field) == meant.get(heading):
                right += 1
            else:
                wrong.append((line.partition("|")[0], heading, guess, meant.get(heading)))
                assert guess is None or guess.confidence != HIGH, wrong[-1]
    assert right >= 0.95 * all_of_them, wrong


@pytest.mark.parametrize("line", LINES, ids=[line.partition(" |")[0] for line in LINES])
def test_what_finds_a_record_is_found(line: str) -> None:
    kind, sample, meant = head(line)
    found = {guess.field: heading for heading, guess in propose(sample, PLAIN.fields(ALL[kind]).values()).items()}
    for field in ("email", "account_name", "reference"):
        if field in meant.values():
            assert meant[found[field]] == field


def test_values_say_where_names_do_not_and_where_they_are_wrong() -> None:
    fields = PLAIN.fields(ALL["contact"])
    found = propose({"Kontakt": [EMAIL], "Email": [PHONE, PHONE], "Phone": ["Ada"]}, fields.values())
    assert {heading: (guess.field, guess.confidence) for heading, guess in found.items()} == {
        "Kontakt": ("email", PROBABLE)
    }
    assert doubt([PHONE, PHONE, EMAIL], fields["email"]) == (
        f"Most values are no Email, such as {PHONE!r}; are two columns swapped?"
    )
    assert doubt([EMAIL, EMAIL, PHONE], fields["email"]) is None
    assert doubt([], fields["email"]) is None
