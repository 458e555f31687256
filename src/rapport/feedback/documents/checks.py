"""What is wrong with a survey document: path -> sentences, all at once; and which texts are missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import jsonschema_rs

from . import contrast, piping, wording
from .survey import WITH_CHOICES

SCHEMA: dict[str, Any] = json.loads(resources.files(__package__).joinpath("schema.json").read_text(encoding="utf-8"))
_VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
#: The largest document, as JSON.
LIMIT = 200_000
Faults = dict[str, list[str]]
#: Kinds whose answers have groups of a score.
_SCORES = ("nps",)


def faults(document: Any) -> Faults:
    """Every fault; none where it can be shown."""
    found: Faults = {}
    for error in _VALIDATOR.iter_errors(document):
        found.setdefault(_path(error.instance_path), []).append(wording.sentence(error))
    if not found:
        for path, sentence in _ours(document):
            found.setdefault(path, []).append(sentence)
    return found


def is_shaped(document: Any) -> bool:
    """Whether its parts are where an editor looks for them, whatever else is wrong with it."""
    found = {type(error.kind).__name__ for error in _VALIDATOR.iter_errors(document)}
    return not found & {"Required", "Type"} and bool(document["languages"] and document["pages"])


def missing(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Texts that a language lacks, as (path, language): the default's are shown instead."""
    return [
        (path, language)
        for path, texts in texts_of(document, "")
        for language in document["languages"]
        if texts and not texts.get(language)
    ]


def _ours(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the schema cannot say."""
    if len(json.dumps(document)) > LIMIT:
        yield "", f"The survey must not be larger than {LIMIT} bytes."
    colour = document.get("branding", {}).get("colour")
    if colour and contrast.with_white(colour) < contrast.LEAST:
        told = f"{contrast.with_white(colour):.1f}"
        yield "branding.colour", f"White on {colour} has a contrast of {told}; choose a darker one, at least 4.5."
    for path, texts in texts_of(document, ""):
        yield from _of_texts(path, texts, document["languages"])
    yield from _of_questions(document)


def _of_texts(path: str, texts: Mapping[str, str], languages: list[str]) -> Iterator[tuple[str, str]]:
    if not texts.get(languages[0], "").strip():
        yield path, f"The text in {languages[0]}, the default language, is required."
    for language, text in texts.items():
        if language not in languages:
            yield f"{path}.{language}", f"{language} is none of the survey's languages."
        for sentence in piping.faults(text):
            yield f"{path}.{language}", sentence


def _of_questions(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pages, earlier = set(), dict[str, Mapping[str, Any]]()
    asks = False
    for number, page in enumerate(document["pages"]):
        if page["id"] in pages:
            yield f"pages[{number}].id", f"The id {page['id']} is another page's already."
        pages.add(page["id"])
        for place, question in enumerate(page["questions"]):
            path = f"pages[{number}].questions[{place}]"
            yield from _of_question(path, question, earlier)
            earlier[question["id"]] = question
            asks = asks or question["kind"] != "note"
    if not asks:
        yield "pages", "A survey must ask something."
    if sum(each["kind"] == "nps" for each in earlier.values()) > 1:
        yield "pages", "A survey can have one question of the kind nps."


def _of_question(
    path: str, question: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    kind = question["kind"]
    if question["id"] in earlier:
        yield f"{path}.id", f"The id {question['id']} is another question's already."
    if kind in WITH_CHOICES and "choices" not in question:
        yield f"{path}.choices", f"Choices are required for the kind {kind}."
    if kind not in WITH_CHOICES and "choices" in question:
        yield f"{path}.choices", f"The kind {kind} has no choices."
    if "points" in question and kind != "rating":
        yield f"{path}.points", "Only the kind rating has points."
    if kind == "note" and question.get("required"):
        yield f"{path}.required", "A note cannot be required: there is nothing to answer."
    ids = [choice["id"] for choice in question.get("choices", ())]
    for place, choice in enumerate(question.get("choices", ())):
        if ids.index(choice["id"]) != place:
            yield f"{path}.choices[{place}].id", f"The id {choice['id']} is another choice's already."
        if "groups" in choice and kind != "drivers":
            yield f"{path}.choices[{place}].groups", "Only choices of drivers depend on the score's group."
    for place, condition in enumerate(question.get("show", ())):
        yield from _of_condition(f"{path}.show[{place}]", condition, earlier)


def _of_condition(
    path: str, condition: Mapping[str, Any], earlier: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    asked = earlier.get(condition["question"])
    if len(condition.keys() & {"groups", "choices", "answered"}) != 1:
        yield path, "A condition has exactly one of groups, choices and answered."
    elif asked is None or asked["kind"] == "note":
        yield f"{path}.question", f"{condition['question']} is no question before this one."
    elif "groups" in condition and asked["kind"] not in _SCORES:
        yield f"{path}.groups", f"Groups are those of a question of the kind nps, and {asked['id']} is none."
    elif "choices" in condition:
        for choice in condition["choices"]:
            if choice not in _choices(asked):
                yield f"{path}.choices", f"{choice} is no answer of {asked['id']}."


def _choices(question: Mapping[str, Any]) -> list[str]:
    if question["kind"] == "follow_up":
        return ["yes", "no"]
    return [choice["id"] for choice in question.get("choices", ())]


def texts_of(found: Any, path: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of a document with its path."""
    if isinstance(found, Mapping):
        for name, value in found.items():
            inner = f"{path}.{name}" if path else name
            if name in ("text", "help", "least", "most", "title", "label"):
                yield inner, value
            else:
                yield from texts_of(value, inner)
    elif isinstance(found, list):
        for place, value in enumerate(found):
            yield from texts_of(value, f"{path}[{place}]")


def _path(parts: list[str | int]) -> str:
    told = ""
    for part in parts:
        told += f"[{part}]" if isinstance(part, int) else f".{part}" if told else part
    return told
