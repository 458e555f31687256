"""Survey documents: what is wrong with one, which language somebody gets, what a page takes, what is asked of whom."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from rapport.feedback.documents import checks, contrast, furniture, languages, piping, reading
from rapport.feedback.documents.starters import STARTERS
from rapport.feedback.documents.survey import compiled, group

BASE: dict[str, Any] = {
    "name": "NPS",
    "languages": ["en", "pt-BR"],
    "pages": [
        {"id": "one", "questions": [{"id": "nps", "kind": "nps", "text": {"en": "How likely?"}, "required": True}]},
        {
            "id": "two",
            "questions": [
                {
                    "id": "why",
                    "kind": "drivers",
                    "text": {"en": "Why?"},
                    "choices": [
                        {"id": "price", "text": {"en": "Price"}, "groups": ["detractor"]},
                        {"id": "people", "text": {"en": "People"}},
                    ],
                },
                {
                    "id": "sorry",
                    "kind": "comment",
                    "text": {"en": "What went wrong?"},
                    "required": True,
                    "show": [{"question": "nps", "groups": ["detractor"]}],
                },
                {
                    "id": "call",
                    "kind": "follow_up",
                    "text": {"en": "Call?"},
                    "show": [{"question": "why", "answered": True}],
                },
                {
                    "id": "when",
                    "kind": "date",
                    "text": {"en": "When?"},
                    "show": [{"question": "call", "choices": ["yes"]}],
                },
            ],
        },
        {"id": "end", "questions": [{"id": "bye", "kind": "note", "text": {"en": "Bye"}}]},
    ],
}

CHOICE = {"id": "a", "text": {"en": "A"}}
LATER = {"question": "why", "answered": True}
AGAIN = {"id": "again", "kind": "nps", "text": {"en": "?"}}
CALL = "q-sorry=x&q-why=price&q-call-details=ada&q-call"


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a place such as `pages.0.id`; None takes it away."""
    document = copy.deepcopy(BASE)
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parts:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    if value is None:
        del place[last]
    elif isinstance(place, list) and last == len(place):
        place.append(value)
    else:
        place[last] = value
    return document


def test_what_we_start_from_has_no_fault_and_every_text() -> None:
    assert checks.faults(BASE) == {}
    for start in STARTERS.values():
        assert checks.faults(start.document) == {}
        assert checks.missing(start.document) == []


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(checks.SCHEMA)


@pytest.mark.parametrize(
    ("path", "value", "where", "told"),
    [
        ("name", "", "name", "must not be empty"),
        ("pages", [], "pages", "must not be empty"),
        ("languages", ["English"], "languages[0]", "is no short name of a language"),
        ("pages.0.questions.0.kind", "stars", "pages[0].questions[0].kind", "is not one of"),
        ("pages.0.colour", "red", "pages[0]", "Additional properties"),
        ("branding.logo", "https://example.com/a.png", "branding.logo", "is no picture"),
        ("branding.logo", "data:image/svg+xml;base64,AA==", "branding.logo", "is no picture"),
        ("thanks.link", "javascript:alert(1)", "thanks.link", "begins with https"),
        ("branding.colour", "#777777", "branding.colour", "contrast of 4.5; choose a darker one"),
        ("pages.1.id", "one", "pages[1].id", "another page's already"),
        ("pages.1.questions.1.id", "nps", "pages[1].questions[1].id", "another question's already"),
        ("pages.0.questions.0.text", {"pt-BR": "x"}, "pages[0].questions[0].text", "default language, is required"),
        ("pages.0.questions.0.text", {"en": "x", "de": "y"}, "pages[0].questions[0].text.de", "none of the survey's"),
        ("pages.0.questions.0.text", {"en": "{{ contact.iban }}"}, "pages[0].questions[0].text.en", "is unknown"),
        ("pages.0.questions.0.text", {"en": "{% for"}, "pages[0].questions[0].text.en", "cannot be read"),
        ("pages.0.questions.0.choices", [CHOICE], "pages[0].questions[0].choices", "has no choices"),
        ("pages.1.questions.0.choices", None, "pages[1].questions[0].choices", "are required for the kind drivers"),
        ("pages.0.questions.0.points", 5, "pages[0].questions[0].points", "Only the kind rating"),
        ("pages.2.questions.0.required", True, "pages[2].questions[0].required", "nothing to answer"),
        ("pages.0.questions.0.show", [LATER], "pages[0].questions[0].show[0].question", "no question before"),
        ("pages.1.questions.1.show.0.groups", None, "pages[1].questions[1].show[0]", "exactly one of"),
        ("pages.1.questions.1.show.0.question", "why", "pages[1].questions[1].show[0].groups", "of the kind nps"),
        ("pages.1.questions.3.show.0.choices", ["maybe"], "pages[1].questions[3].show[0].choices", "is no answer"),
        ("pages.1.questions.4", AGAIN, "pages", "one question of the kind nps"),
    ],
)  # fmt: skip
def test_each_fault_is_said_with_its_path(path: str, value: Any, where: str, told: str) -> None:
    found = checks.faults(changed(path, value))
    assert where in found
    assert told in " ".join(found[where])


def test_every_fault_is_said_at_once() -> None:
    document = changed("branding.colour", "#ffffff")
    document["pages"][1]["id"] = "one"
    document["pages"][1]["questions"][0]["choices"][1]["id"] = "price"
    assert checks.faults(document).keys() == {"branding.colour", "pages[1].id", "pages[1].questions[0].choices[1].id"}


def test_missing_texts_are_listed_for_each_language() -> None:
    assert ("pages[0].questions[0].text", "pt-BR") in checks.missing(BASE)
    assert all(language == "pt-BR" for _, language in checks.missing(BASE))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("pt-BR", "pt-BR"), ("PT_br", "pt-BR"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("Portuguese", "pt-BR"),
        ("english", "en"), ("en-GB", "en"), ("de", None), ("", None), (None, None), ("Klingon", None), ("\x00", None),
    ],
)  # fmt: skip
def test_a_language_is_found_by_tag_primary_tag_or_english_name(wanted: str | None, found: str | None) -> None:
    assert languages.pick(wanted, ["en", "pt-BR"]) == found
    assert compiled(BASE).language(wanted) == (found or "en")


def test_what_browsers_accept_is_read_best_first() -> None:
    assert languages.accepted("de;q=0.5, fr-CH, *;q=0.1, x;q=y") == ["fr-CH", "de"]


def test_every_language_has_the_whole_furniture() -> None:
    assert len(furniture.FURNITURE) >= 6
    names = {language: texts.keys() for language, texts in furniture.FURNITURE.items()}
    assert set(map(frozenset, names.values())) == {frozenset(names["en"])}
    assert [languages.direction(each) for each in ("ar", "he-IL", "de", "en-GB")] == ["rtl", "rtl", "ltr", "ltr"]


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast.with_white("#000000") == pytest.approx(21)
    assert contrast.with_white("#ffffff") == pytest.approx(1)
    assert contrast.with_white("#767676") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{ contact.first_name | default: 'there' }}", "Hi Ada"),
        ("Hi {{ contact.last_name | default: 'there' }}", "Hi there"),
        ("{% if account.name %}At {{ account.name }}{% endif %}", "At <Navy>"),
        ("{{ answers.nps }} of 10", "9 of 10"),
        ("No tag", "No tag"),
        ("{% for i in (1..3000000) %}x{% endfor %}", ""),
        ("{{ contact.first_name.__class__ }}", ""),
    ],
)
def test_tags_are_filled_within_limits(text: str, filled: str) -> None:
    about = {"contact": {"first_name": "Ada"}, "account": {"name": "<Navy>"}, "answers": {"nps": 9}}
    assert piping.filled(text, about) == filled


@pytest.mark.parametrize(
    ("sent", "content", "faults"),
    [
        ("q-why=people&q-why=price", {"why": ["price", "people"], "call": None}, {"sorry": "required"}),
        ("q-sorry=%20Slow%0D%0A%00now%20", {"sorry": "Slow\nnow"}, {}),
        ("q-sorry=x&q-why=luck", {"sorry": "x"}, {"why": "invalid"}),
        (f"{CALL}=yes&q-when=2026-02-30", {"call": {"wanted": True, "details": "ada"}}, {"when": "date"}),
        (f"{CALL}=no&q-when=2026-02-28", {"call": {"wanted": False, "details": ""}, "when": None}, {}),
        ("q-sorry=x&q-why=price&q-call=maybe", {"sorry": "x"}, {"call": "invalid"}),
        (f"q-sorry={'x' * 10_001}", {}, {"sorry": "long"}),
    ],
)  # fmt: skip
def test_a_page_takes_what_it_asks(sent: str, content: dict[str, Any], faults: dict[str, str]) -> None:
    page = compiled(BASE).pages[1]
    found, wrong = reading.read(page, QueryDict(sent), {"nps": 3})
    assert wrong == faults
    assert {name: found.get(name) for name in content} == content


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("number", "1 200,5", 1200.5), ("number", "-3", -3), ("number", "3.0", 3), ("number", "1e9", None),
        ("number", "1,000", None), ("number", "1.000", None), ("number", "1,000,000", 1_000_000),
        ("number", "1.234,5", 1234.5), ("number", "-1,234.50", -1234.5), ("number", "0,125", 0.125),
        ("number", "1000.5", 1000.5), ("number", "1\u202f200", 1200), ("number", "1,000.00,0", None),
        ("date", "2026-01-31", "2026-01-31"), ("date", "31.1.2026", None),
        ("rating", "5", 5), ("rating", "6", None), ("rating", "²", None), ("csat", "0", None), ("ces", "7", 7),
        ("nps", "000000000100", None), ("nps", "010", None), ("nps", "05", None), ("nps", "10", 10), ("nps", "0", 0),
        ("text", "x" * 501, None),
    ],
)  # fmt: skip
def test_answers_of_each_kind(kind: str, text: str, answer: Any) -> None:
    question = {"id": "it", "kind": kind, "text": {"en": "?"}}
    page = compiled({**BASE, "pages": [{"id": "p", "questions": [question]}]}).pages[0]
    form = QueryDict(mutable=True)
    form["q-it"] = text
    found, faults = reading.read(page, form, {})
    assert found.get("it") == answer
    assert bool(faults) == (answer is None)


def test_a_text_of_anything_is_an_answer_or_a_fault() -> None:
    page = compiled(BASE).pages[1]

    @given(st.text(), st.lists(st.text(), max_size=3), st.text(), st.text())
    def law(comment: str, drivers: list[str], call: str, when: str) -> None:
        form = QueryDict(mutable=True)
        form.setlist("q-why", drivers)
        form.update({"q-sorry": comment, "q-call": call, "q-when": when})
        content, faults = reading.read(page, form, {"nps": 1})
        assert content.keys() | faults.keys() == {"why", "sorry", "call", "when"}
        str(content).encode()

    law()


def test_what_counts_is_what_is_asked_of_somebody_who_answered_so() -> None:
    survey = compiled(BASE)
    said = {
        "nps": 3,
        "why": ["price", "people"],
        "sorry": "Slow",
        "call": {"wanted": True, "details": ""},
        "when": "2026-01-01",
    }
    assert survey.kept(said) == said
    happier = survey.kept(said | {"nps": 9})
    assert happier == {"nps": 9, "why": ["people"], "call": said["call"], "when": "2026-01-01"}
    assert survey.kept(said | {"why": ["price"], "nps": 9}) == {"nps": 9}
    assert survey.kept({"nps": None, "sorry": "x", "gone": 1}) == {}
    assert [group(score) for score in (0, 6, 7, 8, 9, 10)] == ["detractor"] * 2 + ["passive"] * 2 + ["promoter"] * 2


def test_somebody_goes_on_behind_the_last_page_with_an_answer() -> None:
    survey = compiled(BASE)
    assert survey.resume({}).id == "one"
    assert survey.resume({"nps": 9}).id == "two"
    assert survey.resume({"nps": 9, "why": ["people"]}).id == "end"
