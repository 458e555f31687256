"""Surveys to start from."""

from __future__ import annotations

from typing import Any, NamedTuple


class Starter(NamedTuple):
    """A survey that somebody begins with."""

    name: str
    label: str
    #: When to use it, in a sentence.
    purpose: str
    document: dict[str, Any]


_NOT_LIKELY = {"en": "Not at all likely", "de": "Äußerst unwahrscheinlich"}
_LIKELY = {"en": "Extremely likely", "de": "Äußerst wahrscheinlich"}
_WHY = {"en": "What is the main reason for your score?", "de": "Was ist der Hauptgrund für Ihre Bewertung?"}
_COMMENT = {"id": "comment", "kind": "comment", "text": _WHY}
_FOLLOW_UP = {
    "id": "follow_up",
    "kind": "follow_up",
    "text": {"en": "May we contact you about your answer?", "de": "Dürfen wir Sie zu Ihrer Antwort kontaktieren?"},
}
_BETTER = {"en": "What could we do better?", "de": "Was können wir besser machen?"}
_NO_BRAND: dict[str, Any] = {"branding": {"colour": "#1d4ed8"}}


def _drivers(*choices: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "id": "drivers",
        "kind": "drivers",
        "text": {"en": "What influenced your score most?", "de": "Was hat Ihre Bewertung am meisten beeinflusst?"},
        "choices": [{"id": id, "text": {"en": english, "de": german}} for id, english, german in choices],
        "show": [{"question": "nps", "answered": True}],
    }


def _nps(english: str, german: str) -> dict[str, Any]:
    return {
        "id": "nps",
        "kind": "nps",
        "text": {"en": english, "de": german},
        "required": True,
        "least": _NOT_LIKELY,
        "most": _LIKELY,
    }


def _document(name: str, *questions: dict[str, Any]) -> dict[str, Any]:
    pages = [{"id": "page1", "questions": list(questions)}]
    return {"name": name, "languages": ["en", "de"], **_NO_BRAND, "pages": pages}


RELATIONSHIP = Starter(
    "relationship-nps",
    "Relationship NPS",
    "Once or twice a year: how people feel about you as a whole.",
    _document(
        "Relationship NPS",
        _nps(
            "How likely are you to recommend us to a friend or colleague?",
            "Wie wahrscheinlich ist es, dass Sie uns Freunden oder Kollegen weiterempfehlen?",
        ),
        _drivers(
            ("product", "Product", "Produkt"),
            ("service", "Service", "Service"),
            ("price", "Price", "Preis"),
            ("delivery", "Delivery", "Lieferung"),
            ("contact_person", "My contact person", "Meine Ansprechperson"),
        ),
        _COMMENT,
        _FOLLOW_UP,
    ),
)
TRANSACTIONAL = Starter(
    "transactional-nps",
    "Transactional NPS",
    "After an order, a visit or a support case: how that went.",
    _document(
        "Transactional NPS",
        _nps(
            "After this experience, how likely are you to recommend us?",
            "Wie wahrscheinlich ist es nach dieser Erfahrung, dass Sie uns weiterempfehlen?",
        ),
        _COMMENT,
        _FOLLOW_UP | {"show": [{"question": "nps", "groups": ["detractor", "passive"]}]},
    ),
)
CSAT = Starter(
    "csat",
    "Customer satisfaction (CSAT)",
    "How satisfied people are with one thing, from 1 to 5.",
    _document(
        "Customer satisfaction",
        {
            "id": "csat",
            "kind": "csat",
            "text": {"en": "How satisfied are you with us?", "de": "Wie zufrieden sind Sie mit uns?"},
            "required": True,
            "least": {"en": "Very dissatisfied", "de": "Sehr unzufrieden"},
            "most": {"en": "Very satisfied", "de": "Sehr zufrieden"},
        },
        _COMMENT | {"text": _BETTER},
    ),
)
CES = Starter(
    "ces",
    "Customer effort (CES)",
    "How easy it was to get something done, from 1 to 7.",
    _document(
        "Customer effort",
        {
            "id": "ces",
            "kind": "ces",
            "text": {
                "en": "The company made it easy for me to handle my issue.",
                "de": "Das Unternehmen hat es mir leicht gemacht, mein Anliegen zu erledigen.",
            },
            "required": True,
            "least": {"en": "Strongly disagree", "de": "Stimme gar nicht zu"},
            "most": {"en": "Strongly agree", "de": "Stimme voll zu"},
        },
        _COMMENT | {"text": _BETTER},
    ),
)
#: By name, in the order in which they are offered.
STARTERS = {each.name: each for each in (RELATIONSHIP, TRANSACTIONAL, CSAT, CES)}
