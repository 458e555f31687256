"""Columns of what other systems export find their fields: nearly all, and none is wrong where we are sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.imports.proposing import HIGH, PROBABLE, doubt, propose, swapped
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


#: Data type, what stands under a heading that says nothing, the field that it probably fills.
SHAPES: list[tuple[str, list[str], str | None]] = [
    ("contact", [EMAIL, "bob@example.com"], "email"),
    ("contact", [EMAIL] * 9 + ["none"], "email"),
    ("contact", [EMAIL] * 8 + ["none"] * 2, None),
    ("contact", [PHONE, "0044 20 7946 0958", "(030) 1234567"], "phone"),
    ("contact", ["020 794 60 95", "+31612345678", "06-12345678"], "phone"),
    ("contact", ["415-555-0123"], "phone"),
    ("contact", ["10045", "10046", "20794609"], None),
    ("contact", ["0417164300", "0532013000"], None),
    ("contact", ["0612345678"] * 10, None),
    ("contact", ["01 02 2026", "02 02 2026"], None),
    ("contact", ["0012345678", "4111 1111 1111 1111", "12345-6789"], None),
    ("contact", ["31-01-2026", "01-02-2026"], None),
    ("contact", ["2026-01-31", "2026-02-01"], None),
    ("contact", ["nl", "en-GB", "pt_BR", "zh-Hant-TW"], "language"),
    ("contact", ["Dutch", "english", "Deutsch"], "language"),
    ("contact", ["nl", "de", "fr"], None),
    ("contact", ["nl", "de", "en"], "language"),
    ("contact", ["nl", "German"], "language"),
    ("contact", ["日本語", "中文"], "language"),
    ("contact", ["uk", "fr"], None),
    ("contact", ["NL", "DE", "FR", "ES"], None),
    ("contact", ["no", "no"], None),
    ("contact", ["id-1234", "it-department"], None),
    ("contact", ["Europe/Amsterdam", "america/new_york"], "time_zone"),
    ("contact", ["Japan", "Cuba", "Israel"], None),
    ("survey", ["2026-01-31", "2026-01-31 14:30"], "order_date"),
    ("survey", ["email", "SMS", "whatsapp"], "delivery_vector"),
    ("external-response", ["2026-01-31", "2026-02-01"], None),
    ("external-response", ["Y", "N", "y"], "follow_up_request"),
    ("external-response", ["Y", "Y"], None),
    ("external-response", [str(score) for score in range(11)], "nps_score"),
    ("external-response", ["1"] * 20, None),
    ("external-response", ["9", "7", "10"], None),
    ("contact", ["Ada", "Bob"], None),
    ("contact", ["", " "], None),
    ("contact", [], None),
]


@pytest.mark.parametrize(("kind", "values", "field"), SHAPES)
def test_values_say_what_a_column_probably_holds(kind: str, values: list[str], field: str | None) -> None:
    found = propose({"Kolom 7": values}, PLAIN.fields(ALL[kind]).values())
    assert {heading: (guess.field, guess.confidence) for heading, guess in found.items()} == (
        {"Kolom 7": (field, PROBABLE)} if field else {}
    )


def test_a_heading_decides_where_values_may_be_anything() -> None:
    fields = PLAIN.fields(ALL["contact"]).values()
    plain = {"Telefoon": ["0612345678"] * 10, "Taal": ["nl", "de"]}
    assert [guess.field for guess in propose(plain, fields).values()] == ["phone", "language"]
    assert propose({"Branche": ["0123 45678"], "Land": ["nl", "de", "fr"]}, fields) == {}


def test_dates_of_two_columns_are_nobodys() -> None:
    days = ["2026-01-31", "2026-02-01"]
    assert propose({"A": days, "B": days}, PLAIN.fields(ALL["survey"]).values()) == {}
    assert list(propose({"A": [PHONE], "B": [PHONE]}, PLAIN.fields(ALL["survey"]).values())) == ["A"]


@pytest.mark.parametrize(
    "headings",
    [
        "E-mailadres, Telefoonnummer, Voornaam, Achternaam, Bedrijf, Functie, Taal, Tijdzone",
        "E-Mail, Telefonnummer, Vorname, Nachname, Unternehmen, Position, Sprache, Zeitzone",
        "Courriel, Téléphone, Prénom, Nom de famille, Société, Fonction, Langue, Fuseau horaire",
        "Correo electrónico, Teléfono, Nombre, Apellidos, Empresa, Cargo, Idioma, Zona horaria",
    ],
)
def test_headings_in_other_languages_are_known(headings: str) -> None:
    fields = PLAIN.fields(ALL["contact"]).values()
    found = propose({heading: [] for heading in headings.split(", ")}, fields)
    meant = ["email", "phone", "first_name", "last_name", "account_name", "job_title", "language", "time_zone"]
    assert [found[heading].field for heading in headings.split(", ")] == meant


def test_columns_that_are_swapped_are_proposed_the_other_way_round_and_told() -> None:
    fields = PLAIN.fields(ALL["contact"])
    found = propose({"Email": [PHONE] * 10, "Phone": [EMAIL] * 10}, fields.values())
    assert {heading: (guess.field, guess.confidence) for heading, guess in found.items()} == {
        "Email": ("phone", PROBABLE),
        "Phone": ("email", PROBABLE),
    }
    for name, value in (("email", PHONE), ("phone", EMAIL)):
        label = fields[name].label
        assert swapped({label: [value] * 10}, {label: fields[name]}) == (
            f"No value under {label} is {label}, such as {value!r}; are two columns swapped?"
        )
        assert (
            doubt([value], fields[name]) == f"Most values are no {label}, such as {value!r}; are two columns swapped?"
        )
    assert doubt([EMAIL, EMAIL, PHONE], fields["email"]) is None
    assert doubt([], fields["email"]) is None
