"""A page of a survey as its template wants it: texts in one language, answers so far, what to hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .documents import piping, reading
from .documents.furniture import furniture
from .documents.languages import own_name
from .documents.survey import Condition, Page, Question, Survey, Texts, group, is_empty


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Who sees it and in which language."""

    language: str
    answers: Mapping[str, Any]
    #: What merge tags are about.
    about: Mapping[str, Any]

    def text(self, texts: Texts) -> str:
        """A text with its tags filled in."""
        found = texts(self.language)
        return found if piping.is_plain(found) else piping.filled(found, {**self.about, "answers": self.answers})


def about(fields: Mapping[str, Any], attributes: Mapping[str, Any], touchpoint: str | None) -> dict[str, Any]:
    """What merge tags can name: the copy of contact and account that a survey record has."""
    account = {("name" if name == "account_name" else name): value for name, value in fields.items()}
    return {"contact": fields, "account": account, "survey": {"touchpoint": touchpoint}, "custom": attributes}


def context(survey: Survey, page: Page, seen: Seen, faults: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the template `survey.html` says of a page; `faults` are names of sentences by question."""
    say = furniture(seen.language)
    elsewhere = {id: answer for id, answer in seen.answers.items() if survey.page_of.get(id) != page.number}
    shown = [each for each in page.questions if all(_may_hold(one, page, survey, elsewhere) for one in each.show)]
    return {
        "language": seen.language,
        "heading": seen.text(survey.title) or survey.brand or say["survey"],
        "brand": survey.brand if survey.title.by_language or survey.logo else "",
        "logo": survey.logo,
        "colour": survey.colour,
        "fields": [_field(each, page, survey, seen, faults or {}) for each in shown],
        "faults": bool(faults),
        "rules": "".join(_rules(shown, page, survey)),
        "progress": _progress(survey, page, say),
        "last": survey.after(page.number, seen.answers) is None,
        "others": [(each, own_name(each)) for each in survey.languages] if len(survey.languages) > 1 else (),
    }


def said(survey: Survey, seen: Seen) -> list[tuple[str, str]]:
    """Question and answer of everything that somebody said, as they read it."""
    questions = survey.questions
    return [
        (seen.text(questions[id].text), told(questions[id], answer, seen))
        for id, answer in seen.answers.items()
        if id in questions and not is_empty(answer)
    ]


def told(question: Question, answer: Any, seen: Seen) -> str:
    """An answer in words."""
    say = furniture(seen.language)
    if isinstance(answer, dict):
        yes_or_no = say["yes"] if answer["wanted"] else say["no"]
        return f"{yes_or_no}: {answer['details']}" if answer.get("details") else yes_or_no
    if question.choices:
        chosen = answer if isinstance(answer, list) else [answer]
        return ", ".join(seen.text(each.text) for each in question.choices if each.id in chosen)
    return str(answer)


def _progress(survey: Survey, page: Page, say: Mapping[str, str]) -> str:
    count = len(survey.pages)
    return say["progress"].format(page=page.number + 1, pages=count) if count > 1 else ""


def _may_hold(condition: Condition, page: Page, survey: Survey, answers: Mapping[str, Any]) -> bool:
    """Whether it holds, or may come to hold on this very page."""
    return survey.page_of[condition.question] == page.number or condition.holds(answers)


def _field(question: Question, page: Page, survey: Survey, seen: Seen, faults: Mapping[str, str]) -> dict[str, Any]:
    say, answer = furniture(seen.language), seen.answers.get(question.id)
    here = any(survey.page_of[each.question] == page.number for each in question.show)
    return {
        "kind": question.kind,
        "name": reading.field(question),
        "text": seen.text(question.text),
        "help": seen.text(question.help),
        "least": seen.text(question.least),
        "most": seen.text(question.most),
        "required": question.required,
        # A browser refuses to send what is required and cannot be seen.
        "demanded": question.required and not here,
        "fault": say[faults[question.id]] if question.id in faults else "",
        "grouped": bool(len(question.scale) or question.choices or question.kind == "follow_up"),
        "many": question.kind in ("drivers", "multiple"),
        "scale": [{"value": value, "chosen": value == answer} for value in question.scale],
        "choices": _choices(question, answer, say, seen),
        "details": answer.get("details", "") if isinstance(answer, dict) else "",
        "value": "" if answer is None or isinstance(answer, dict | list) else answer,
        "hide": f"h-{question.id}" if here else "",
    }


def _choices(question: Question, answer: Any, say: Mapping[str, str], seen: Seen) -> list[dict[str, Any]]:
    if question.kind == "follow_up":
        wanted = answer["wanted"] if isinstance(answer, dict) else None
        return [
            {"value": "yes", "text": say["yes"], "chosen": wanted is True, "hide": ""},
            {"value": "no", "text": say["no"], "chosen": wanted is False, "hide": ""},
        ]
    chosen = answer if isinstance(answer, list) else [answer]
    return [
        {
            "value": each.id,
            "text": seen.text(each.text),
            "chosen": each.id in chosen,
            "hide": f"h-{question.id}-{each.id}" if each.groups else "",
        }
        for each in question.choices
    ]


def _rules(questions: Sequence[Question], page: Page, survey: Survey) -> Iterator[str]:
    """Rules of style that hide what is not asked, while it is answered and without a script.

    Old browsers show all of it; what is not asked of somebody is not read either.
    """
    for question in questions:
        for condition in question.show:
            if survey.page_of[condition.question] == page.number:
                sought = ",".join(_selectors(condition, survey.questions[condition.question]))
                found = f"form:has({sought})" if condition.answered is False else f"form:not(:has({sought}))"
                yield f"{found} .h-{question.id}{{display:none}}"
        name = reading.field(question)
        if question.kind == "follow_up":
            yield f"form:not(:has(#{name}-yes:checked)) .details-{name}{{display:none}}"
        yield from _rules_of_drivers(question, page, survey)


def _rules_of_drivers(question: Question, page: Page, survey: Survey) -> Iterator[str]:
    score = survey.nps
    if question.kind != "drivers" or score is None or survey.page_of[score.id] != page.number:
        return
    for choice in question.choices:
        if choice.groups:
            others = [value for value in score.scale if group(value) not in choice.groups]
            sought = ",".join(f"#{reading.field(score)}-{value}:checked" for value in others)
            yield f"form:has({sought}) .h-{question.id}-{choice.id}{{display:none}}"


def _selectors(condition: Condition, asked: Question) -> Iterator[str]:
    """What is to be found in the form where the condition holds."""
    name = reading.field(asked)
    if condition.answered is not None:
        plain = not (len(asked.scale) or asked.choices or asked.kind == "follow_up")
        yield f"#{name}:not(:placeholder-shown)" if plain else f"[name={name}]:checked"
    elif condition.groups:
        yield from (f"#{name}-{value}:checked" for value in asked.scale if group(value) in condition.groups)
    else:
        yield from (f"#{name}-{choice}:checked" for choice in condition.choices)
