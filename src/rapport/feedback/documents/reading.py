"""What somebody sent of a page -> their answers, and what is wrong with them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from .survey import WITH_CHOICES, Page, Question, is_empty

#: Longest texts: of a comment, of anything else.
LONG, SHORT = 10_000, 500
#: What is kept of one that cannot be taken.
KEPT = 20_000
#: Of the names of inputs.
_PREFIX = "q-"
#: What no text keeps: control characters but tab and line feed, and lone surrogates.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
#: Thousands apart, either twice or before the other mark; and what may be thousands or a fraction.
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?P<mark>[.,])\d{3}"
    r"(?:(?:(?P=mark)\d{3})+(?:(?!(?P=mark))[.,]\d+)?|(?!(?P=mark))[.,]\d+)",
    re.ASCII,
)
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,9})?", re.ASCII)


class Form(Protocol):
    """A posted form."""

    def get(self, key: str, default: str) -> str | None:
        """The last value under a name."""

    def getlist(self, name: str) -> Sequence[str]:
        """Every value under it."""

    def __iter__(self) -> Iterator[str]:
        """The names."""


def digest(form: Form) -> bytes:
    """Of every answer in a form: the same form sent again has the same."""
    told = [(name, sorted(form.getlist(name))) for name in sorted(form) if name.startswith(_PREFIX)]
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).digest()[:16]


class Unfit(ValueError):
    """An answer cannot be taken; its text is the name of a sentence of the furniture."""


def field(question: Question) -> str:
    """What the inputs of a question are called."""
    return f"{_PREFIX}{question.id}"


def read(page: Page, form: Form, before: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers of a page (None: taken back) and its faults, question id -> name of a sentence.

    `before` is what was answered on other pages. A question that is not asked of somebody who answers so is neither
    required nor read.
    """
    content: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for question in page.questions:
        if not question.asks:
            continue
        if not question.visible({**before, **content}):
            content[question.id] = None
            continue
        try:
            content[question.id] = answer = _answer(question, form)
        except Unfit as fault:
            faults[question.id] = str(fault)
            continue
        if question.required and is_empty(answer):
            faults[question.id] = "required"
    return content, faults


def unfit(page: Page, form: Form, faults: Mapping[str, str]) -> dict[str, Any]:
    """What was typed into a page and cannot be taken, but for what no text keeps and what is beyond `KEPT`."""
    told: dict[str, Any] = {}
    for question in page.questions:
        if question.id not in faults or len(question.scale) or question.choices:
            continue
        wished = question.kind == "follow_up"
        text = form.get(field(question) + ("-details" if wished else ""), "") or ""
        if kept := _UNFIT.sub("", text)[:KEPT]:
            told[question.id] = {"wanted": True, "details": kept} if wished else kept
    return told


def _answer(question: Question, form: Form) -> Any:
    """The answer; None where there is none. Raises `Unfit`."""
    name = field(question)
    if question.kind == "follow_up":
        return _follow_up(form, name)
    if question.kind in ("drivers", "multiple"):
        chosen = set(form.getlist(name))
        return _known(question, chosen) or None
    text = _text(form.get(name, ""), LONG if question.kind == "comment" else SHORT)
    if not text:
        return None
    if len(question.scale):
        return _score(question, text)
    if question.kind in WITH_CHOICES:
        return _known(question, {text})[0]
    return {"number": _number, "date": _date}.get(question.kind, str)(text)


def _known(question: Question, chosen: set[str]) -> list[str]:
    """The chosen choices in the survey's order. Raises `Unfit` where one is none."""
    found = [choice.id for choice in question.choices if choice.id in chosen]
    if len(found) < len(chosen):
        raise Unfit("invalid")
    return found


def _score(question: Question, text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= 2 and str(int(text)) == text
    if not plain or int(text) not in question.scale:
        raise Unfit("invalid")
    return int(text)


def _number(text: str) -> int | float:
    """A number as people write it; `1,000` and `1.000`, which is one or a thousand, is none. Raises `Unfit`."""
    plain = "".join(text.split())
    if grouped := _GROUPED.fullmatch(plain):
        plain = plain.replace(grouped["mark"], "")
    if _EITHER.fullmatch(plain) or not _NUMBER.fullmatch(plain):
        raise Unfit("number")
    value = float(plain.replace(",", "."))
    return int(value) if value.is_integer() else value


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unfit("date") from None


def _follow_up(form: Form, name: str) -> dict[str, Any] | None:
    said = form.get(name, "")
    if said not in ("", "yes", "no"):
        raise Unfit("invalid")
    if not said:
        return None
    details = _text(form.get(f"{name}-details", ""), SHORT) if said == "yes" else ""
    return {"wanted": said == "yes", "details": details}


def _text(text: str | None, limit: int) -> str:
    """Without what no text keeps. Raises `Unfit` where it is too long."""
    clean = _UNFIT.sub("", (text or "").replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(clean) > limit:
        raise Unfit("long")
    return clean
