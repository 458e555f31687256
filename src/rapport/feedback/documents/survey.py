"""A survey document made ready to ask: pages, questions, conditions, texts by language.

Made of a document that `checks.faults` finds nothing wrong with; never changes, so it can be kept by version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import piping
from .languages import pick

#: Question id -> answer: a number, a text, a list of choices, or what `follow_up` says.
Answers = Mapping[str, Any]
#: Kind -> its lowest and highest score; of a rating the survey says the highest.
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "rating": (1, 5)}
WITH_CHOICES = frozenset(("drivers", "single", "multiple"))
DEFAULT_COLOUR = "#1d4ed8"


def group(score: int) -> str:
    """The group of a score from 0 to 10."""
    return "detractor" if score <= 6 else "passive" if score <= 8 else "promoter"


def level(value: int, scale: range) -> int:
    """Where it is on any other scale: 0 in the lower half, 2 in the upper quarter, 1 between."""
    share = (value - scale[0]) / (len(scale) - 1)
    return (share >= 0.5) + (share >= 0.75)


def is_empty(answer: Any) -> bool:
    """Whether nothing was said."""
    return answer is None or answer in ("", [])


@dataclass(frozen=True)
class Texts:
    """A text in several languages."""

    by_language: Mapping[str, str]
    default: str

    def __call__(self, language: str) -> str:
        """In this language, else in the survey's default."""
        return self.by_language.get(language) or self.by_language.get(self.default) or ""


@dataclass(frozen=True)
class Choice:
    """One of the answers that can be chosen."""

    id: str
    text: Texts
    #: Groups of the score for whom it is shown; none: for all.
    groups: Sequence[str]


@dataclass(frozen=True)
class Condition:
    """What an earlier answer must be."""

    question: str
    groups: Sequence[str]
    choices: Sequence[str]
    answered: bool | None

    def holds(self, answers: Answers) -> bool:
        """Whether it is."""
        answer = answers.get(self.question)
        if self.answered is not None:
            return is_empty(answer) != self.answered
        if is_empty(answer):
            return False
        if self.groups:
            return isinstance(answer, int) and group(answer) in self.groups
        chosen = answer if isinstance(answer, list) else [answer["wanted"]] if isinstance(answer, dict) else [answer]
        return any(_as_choice(each) in self.choices for each in chosen)


def _as_choice(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True)
class Question:
    """Something that is asked, or, of the kind `note`, said."""

    id: str
    kind: str
    text: Texts
    help: Texts
    least: Texts
    most: Texts
    required: bool
    scale: range
    choices: Sequence[Choice]
    show: Sequence[Condition]

    @property
    def asks(self) -> bool:
        """Whether there is anything to answer."""
        return self.kind != "note"

    def visible(self, answers: Answers) -> bool:
        """Whether it is asked of somebody who answered so."""
        return all(condition.holds(answers) for condition in self.show)


@dataclass(frozen=True)
class Page:
    """Questions that are asked together."""

    id: str
    number: int
    questions: Sequence[Question]

    def asked(self, answers: Answers) -> list[Question]:
        """What it asks of somebody who answered so."""
        return [question for question in self.questions if question.visible(answers)]


@dataclass(frozen=True)
class Survey:
    """A version of a survey."""

    name: str
    languages: Sequence[str]
    title: Texts
    brand: str
    logo: str
    colour: str
    thanks: Texts
    link: str
    label: Texts
    pages: Sequence[Page]
    #: Whether no text has merge tags: then it reads the same to everybody.
    is_plain: bool

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its id, in order."""
        return {question.id: question for page in self.pages for question in page.questions}

    @cached_property
    def nps(self) -> Question | None:
        """The question whose answer is the score."""
        return next((each for each in self.questions.values() if each.kind == "nps"), None)

    @cached_property
    def scored(self) -> Question | None:
        """The question whose scale stands in mails: the score's, else the first that has one."""
        return self.nps or next((each for each in self.questions.values() if len(each.scale)), None)

    @cached_property
    def page_of(self) -> Mapping[str, int]:
        """Question id -> number of its page."""
        return {question.id: page.number for page in self.pages for question in page.questions}

    def language(self, *wanted: str | None) -> str:
        """The language for somebody who wants the first of these that there is: BCP 47, or its English name."""
        return next((found for each in wanted if (found := pick(each, self.languages))), self.languages[0])

    def after(self, number: int, answers: Answers) -> Page | None:
        """The next page that has something for somebody who answered so."""
        return next((page for page in self.pages[number + 1 :] if page.asked(answers)), None)

    def resume(self, answers: Answers) -> Page:
        """Where somebody goes on who answered so: the page behind the last one with an answer, else the last of all."""
        answered = max((self.page_of[id] for id in answers if id in self.page_of), default=-1)
        return self.after(answered, answers) or self.pages[max(answered, 0)]

    def kept(self, answers: Answers) -> dict[str, Any]:
        """The answers that count: those to what is asked of somebody who answered so, without what is empty."""
        kept: dict[str, Any] = {}
        for id, question in self.questions.items():
            if not is_empty(answers.get(id)) and question.visible(kept):
                kept[id] = self._of_group(question, answers[id], kept)
        return {id: answer for id, answer in kept.items() if not is_empty(answer)}

    def _of_group(self, question: Question, answer: Any, answers: Answers) -> Any:
        """Drivers without those that belong to another group of the score."""
        score = answers.get(self.nps.id) if self.nps else None
        if question.kind != "drivers" or score is None:
            return answer
        fit = {each.id for each in question.choices if not each.groups or group(score) in each.groups}
        return [each for each in answer if each in fit]

    def first(self, kind: str, answers: Answers) -> Any:
        """The first answer to a question of a kind."""
        return next(
            (answers[each.id] for each in self.questions.values() if each.kind == kind and each.id in answers), None
        )


def compiled(document: Mapping[str, Any]) -> Survey:
    """The survey of a document without faults."""
    default = document["languages"][0]

    def texts(found: Mapping[str, str] | None) -> Texts:
        return Texts(found or {}, default)

    branding, thanks = document.get("branding", {}), document.get("thanks", {})
    return Survey(
        name=document["name"],
        languages=document["languages"],
        title=texts(document.get("title")),
        brand=branding.get("name", ""),
        logo=branding.get("logo", ""),
        colour=branding.get("colour", DEFAULT_COLOUR),
        thanks=texts(thanks.get("text")),
        link=thanks.get("link", ""),
        label=texts(thanks.get("label")),
        pages=[
            Page(page["id"], number, list(_questions(page["questions"], texts)))
            for number, page in enumerate(document["pages"])
        ],
        is_plain=piping.is_plain(json.dumps(document)),
    )


def _questions(found: Sequence[Mapping[str, Any]], texts: Any) -> Iterator[Question]:
    for each in found:
        least, most = SCALES.get(each["kind"], (0, -1))
        yield Question(
            id=each["id"],
            kind=each["kind"],
            text=texts(each["text"]),
            help=texts(each.get("help")),
            least=texts(each.get("least")),
            most=texts(each.get("most")),
            required=each.get("required", False),
            scale=range(least, each.get("points", most) + 1),
            choices=[
                Choice(choice["id"], texts(choice["text"]), choice.get("groups", ()))
                for choice in each.get("choices", ())
            ],
            show=[
                Condition(one["question"], one.get("groups", ()), one.get("choices", ()), one.get("answered"))
                for one in each.get("show", ())
            ],
        )
