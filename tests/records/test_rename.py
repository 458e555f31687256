"""Which mapped heading an unmapped one probably is: a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport.records.fields import EMAIL_KEY, PHONE_KEY, TEXT
from rapport.records.rename import Mapped, Suggestion, suggest
from rapport.records.values import DATE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USED = NOW + timedelta(hours=5)
QUIET = NOW - timedelta(minutes=3)
LONG_AGO = NOW - timedelta(days=30)

#: Heading, its values, (heading, type, last seen) of what is mapped -> suggested heading and reasons.
CASES = {
    "a slip of the pen": (
        ("Frist Name", ["Ada"], [("First Name", TEXT, USED), ("Last Name", TEXT, USED)]),
        ("First Name", ("similar_name",)),
    ),
    "other case and spelling": (
        ("first-name", [], [("First Name", TEXT, None)]),
        ("First Name", ("similar_name",)),
    ),
    "accents": (("Téléphone", ["+33 1 22 33 44"], [("Telephone", PHONE_KEY, USED)]),
        ("Telephone", ("similar_name", "same_shape"))),
    "everything fits": (
        ("E-mail", ["ada@example.com"], [("Email", EMAIL_KEY, QUIET), ("Phone", PHONE_KEY, USED)]),
        ("Email", ("similar_name", "same_shape", "went_quiet")),
    ),
    "another name, but quiet and of the same shape": (
        ("Contact address", ["ada@example.com"], [("Email", EMAIL_KEY, QUIET), ("Job", TEXT, QUIET)]),
        ("Email", ("same_shape", "went_quiet")),
    ),
    "quiet alone says nothing": (("Shoe size", ["44"], [("Language", TEXT, QUIET)]), None),
    "shape alone says nothing": (("Contact address", ["ada@example.com"], [("Email", EMAIL_KEY, USED)]), None),
    "quiet for long": (("Contact address", ["ada@example.com"], [("Email", EMAIL_KEY, LONG_AGO)]), None),
    "the field would refuse a value": (("Emails", ["ada@example.com", "n/a"], [("Email", EMAIL_KEY, QUIET)]), None),
    "another number": (("Address 2", ["x"], [("Address 1", TEXT, USED)]), None),
    "a date": (("Order day", ["2026-01-31"], [("Bought on", DATE, QUIET)]),
        ("Bought on", ("same_shape", "went_quiet"))),
    "empty values say nothing": (("Order day", ["", " "], [("Bought on", DATE, QUIET)]), None),
    "nothing is mapped": (("Email", ["ada@example.com"], []), None),
    "the closest of two": (
        ("Acount Name", ["Navy"], [("Account Number", TEXT, USED), ("Account Name", TEXT, USED)]),
        ("Account Name", ("similar_name",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), CASES.values(), ids=CASES)
def test_the_suggestion(given, wanted):
    heading, values, mapped = given
    found = suggest(heading, values, NOW, [Mapped(name, name.lower(), kind, seen) for name, kind, seen in mapped])

    assert found == (wanted and Suggestion(wanted[0], wanted[0].lower(), wanted[1]))
