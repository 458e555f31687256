"""A survey document as a form edits it, in one language at a time: the working copy, what was typed, one act.

The form carries the whole document; what is typed replaces what it says in the language that is edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .documents import checks, languages
from .documents.survey import WITH_CHOICES

KINDS = {
    "nps": "NPS, 0 to 10",
    "drivers": "Drivers: reasons for the score",
    "comment": "Comment",
    "csat": "Satisfaction, 1 to 5",
    "ces": "Effort, 1 to 7",
    "rating": "Rating",
    "single": "One choice",
    "multiple": "Several choices",
    "text": "Short text",
    "number": "Number",
    "date": "Date",
    "follow_up": "Follow-up request",
    "note": "Text between questions",
}
#: Where a fault is -> the field it stands beside; of any other only a question's has a place of its own.
_BESIDE = {
    "name": "name", "languages": "languages", "title": "title", "branding.name": "brand", "branding.colour": "colour",
    "thanks.text": "thanks", "thanks.link": "link", "thanks.label": "label",
}  # fmt: skip
Document = dict[str, Any]
_OF_QUESTION = re.compile(r"pages\[\d+\]\.questions\[")
_UNFIT = re.compile(r"[^a-z0-9]+")


def read(given: Mapping[str, str]) -> tuple[Document, str]:
    """The document that a form says, and the language that it edits. Raises `ValueError` where it carries none.

    The language stays, even where it is none of the survey's any more: what was typed in it is shown again.
    """
    document = json.loads(given.get("document", ""))
    if not checks.is_shaped(document):
        raise ValueError("The form carries no survey.")
    typed = re.split(r"[\s,]+", given.get("languages", " ".join(document["languages"])).strip())
    document["languages"] = [languages.tag(each) for each in typed if each] or document["languages"]
    language = given.get("language") or document["languages"][0]
    _read_frame(document, given, language)
    for page_number, page in enumerate(document["pages"]):
        for number, question in enumerate(page["questions"]):
            _read_question(question, given, f"p{page_number}-q{number}", language)
    return document, language


def acted(document: Document, act: str) -> Document:
    """The document after one of the editor's buttons: `up:0.1` moves the second question of the first page."""
    name, _, place = act.partition(":")
    page, _, question = place.partition(".")
    made = _ACTS.get(name)
    if made is not None and page.isdigit() and int(page) < len(document["pages"]):
        made(document, int(page), int(question) if question.isdigit() else 0)
    return document


def shown(document: Document, language: str, faults: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the form shows of a document."""
    pages = [
        {
            "number": number,
            "questions": [
                _question(question, f"p{number}-q{place}", f"{number}.{place}", language)
                | {"faults": _below(faults, f"pages[{number}].questions[{place}]")}
                for place, question in enumerate(page["questions"])
            ],
        }
        for number, page in enumerate(document["pages"])
    ]
    branding, thanks = document.get("branding", {}), document.get("thanks", {})
    return {
        "document": json.dumps(document, ensure_ascii=False),
        "name": document["name"],
        "languages": " ".join(document["languages"]),
        "all_languages": list(dict.fromkeys((*document["languages"], language))),
        "language": language,
        "title": document.get("title", {}).get(language, ""),
        "brand": branding.get("name", ""),
        "colour": branding.get("colour", "#1d4ed8"),
        "thanks": thanks.get("text", {}).get(language, ""),
        "link": thanks.get("link", ""),
        "label": thanks.get("label", {}).get(language, ""),
        "pages": pages,
        "kinds": KINDS,
        "missing": [path for path, lacking in checks.missing(document) if lacking == language] if not faults else [],
        **_placed(faults),
    }


def _placed(faults: Mapping[str, list[str]]) -> dict[str, Any]:
    """The faults that stand beside a field of the frame, and those that have no field; the questions have theirs."""
    wrong: dict[str, list[str]] = {}
    others: list[str] = []
    for path, told in faults.items():
        field = next((name for at, name in _BESIDE.items() if path == at or path.startswith((f"{at}.", f"{at}["))), "")
        if field:
            wrong.setdefault(field, []).extend(told)
        elif not _OF_QUESTION.match(path):
            others += told
    return {"wrong": wrong, "faults": others}


def _below(faults: Mapping[str, list[str]], path: str) -> list[str]:
    """Sentences about a part and what is in it."""
    return [each for key, told in faults.items() if key == path or key.startswith(f"{path}.") for each in told]


def _question(question: Mapping[str, Any], name: str, place: str, language: str) -> dict[str, Any]:
    return {
        "form": name,
        "place": place,
        "id": question["id"],
        "kind": question["kind"],
        "has_choices": question["kind"] in WITH_CHOICES,
        "has_ends": question["kind"] in ("nps", "csat", "ces", "rating"),
        "required": question.get("required", False),
        "points": question.get("points", ""),
        **{part: question.get(part, {}).get(language, "") for part in ("text", "help", "least", "most")},
        "choices": "\n".join(_choice(each, language) for each in question.get("choices", ())),
        "show": "\n".join(_condition(each) for each in question.get("show", ())),
    }


def _choice(choice: Mapping[str, Any], language: str) -> str:
    groups = f" | {' '.join(choice['groups'])}" if "groups" in choice else ""
    return f"{choice['id']} | {choice['text'].get(language, '')}{groups}"


def _condition(condition: Mapping[str, Any]) -> str:
    if "answered" in condition:
        return f"{condition['question']}: {'answered' if condition['answered'] else 'empty'}"
    return f"{condition['question']}: {' '.join(condition.get('groups') or condition.get('choices') or ())}"


def _read_frame(document: Document, given: Mapping[str, str], language: str) -> None:
    if "name" in given:
        document["name"] = given["name"].strip()
    _put_text(document, "title", given.get("title"), language)
    branding = document.setdefault("branding", {})
    _put(branding, "name", given.get("brand"))
    _put(branding, "colour", given.get("colour"))
    thanks = document.setdefault("thanks", {})
    _put_text(thanks, "text", given.get("thanks"), language)
    _put(thanks, "link", given.get("link"))
    _put_text(thanks, "label", given.get("label"), language)
    for name in ("branding", "thanks"):
        if not document[name]:
            del document[name]


def _read_question(question: Document, given: Mapping[str, str], name: str, language: str) -> None:
    if f"{name}-kind" not in given:
        return
    question["kind"] = given[f"{name}-kind"]
    question["id"] = given.get(f"{name}-id", question["id"]).strip()
    for part in ("text", "help", "least", "most"):
        _put_text(question, part, given.get(f"{name}-{part}"), language)
    question.setdefault("text", {})
    question.pop("required", None)
    if given.get(f"{name}-required"):
        question["required"] = True
    points = given.get(f"{name}-points", "").strip()
    _put(question, "points", int(points) if points.isdigit() else None)
    _read_choices(question, given.get(f"{name}-choices"), language)
    lines = given.get(f"{name}-show", "").splitlines()
    _put(question, "show", [_read_condition(line) for line in lines if line.strip()])


def _read_choices(question: Document, lines: str | None, language: str) -> None:
    if question["kind"] not in WITH_CHOICES:
        question.pop("choices", None)
        return
    if lines is None:
        question.setdefault("choices", [{"id": "first", "text": {language: "First"}}])
        return
    before = {choice["id"]: choice["text"] for choice in question.get("choices", ())}
    choices = []
    for line in filter(str.strip, lines.splitlines()):
        head, _, rest = line.partition("|") if "|" in line else (_id(line), "|", line)
        text, _, groups = rest.partition("|")
        choice: Document = {"id": head.strip(), "text": dict(before.get(head.strip(), {}))}
        _put_text(choice, "text", text, language)
        choice.setdefault("text", {})
        _put(choice, "groups", groups.split())
        choices.append(choice)
    _put(question, "choices", choices)


def _read_condition(line: str) -> Document:
    question, _, said = line.partition(":")
    words = said.split()
    condition: Document = {"question": question.strip()}
    if words in (["answered"], ["empty"]):
        condition["answered"] = words == ["answered"]
    elif set(words) <= {"promoter", "passive", "detractor"}:
        condition["groups"] = words
    else:
        condition["choices"] = words
    return condition


def _id(text: str) -> str:
    """A technical name made of words."""
    return _UNFIT.sub("_", text.strip().lower()).strip("_")[:40] or "choice"


def _put(place: Document, name: str, value: Any) -> None:
    """A value under a name; none where it is empty."""
    value = value.strip() if isinstance(value, str) else value
    if value:
        place[name] = value
    else:
        place.pop(name, None)


def _put_text(place: Document, name: str, text: str | None, language: str) -> None:
    """A text in a language, in the place of the one before; None leaves it as it is."""
    if text is None:
        return
    texts = {**place.get(name, {}), language: text.replace("\r\n", "\n").strip()}
    _put(place, name, {key: value for key, value in texts.items() if value})


def _add(document: Document, page: int, question: int) -> None:
    ids = {each["id"] for one in document["pages"] for each in one["questions"]}
    number = next(number for number in range(1, len(ids) + 2) if f"question{number}" not in ids)
    made = {"id": f"question{number}", "kind": "comment", "text": {document["languages"][0]: "Your question"}}
    document["pages"][page]["questions"].append(made)


def _remove(document: Document, page: int, question: int) -> None:
    questions = document["pages"][page]["questions"]
    del questions[question : question + 1]
    if not questions and len(document["pages"]) > 1:
        del document["pages"][page]


def _move(step: int) -> Callable[[Document, int, int], None]:
    def moved(document: Document, page: int, question: int) -> None:
        questions = document["pages"][page]["questions"]
        if 0 <= question + step < len(questions):
            questions.insert(question + step, questions.pop(question))
        elif 0 <= page + step < len(document["pages"]) and len(questions) > 1:
            other = document["pages"][page + step]["questions"]
            other.insert(0 if step > 0 else len(other), questions.pop(question))

    return moved


def _add_page(document: Document, page: int, question: int) -> None:
    ids = {each["id"] for each in document["pages"]}
    number = next(number for number in range(1, len(ids) + 2) if f"page{number}" not in ids)
    document["pages"].append({"id": f"page{number}", "questions": []})
    _add(document, len(document["pages"]) - 1, 0)


_ACTS: dict[str, Callable[[Document, int, int], None]] = {
    "add": _add,
    "remove": _remove,
    "up": _move(-1),
    "down": _move(1),
    "page": _add_page,
}
