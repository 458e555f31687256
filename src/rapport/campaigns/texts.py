"""What can be wrong with the texts of messages, and what their tags can name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from rapport.configurations.models import CustomField
from rapport.records.errors import sentence
from rapport.records.texts import visible

from . import asked, compose, ready
from .asked import Asked
from .conditions import ACCOUNT, CONTACT
from .messages import tags
from .messages.letter import Sender, letter
from .models import Campaign, Message

SUBJECT_LIMIT, PREHEADER_LIMIT, BODY_LIMIT, LANGUAGES = 200, 200, 50_000, 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SCORE_ROW = re.compile(r"\{\{\s*score_row\s*\}\}")
#: What the texts that stand ready say of a scale.
_SCALE = re.compile(r"Choose a number from (\d{1,3})\b[^.\n]*? to (\d{1,3})\b")
_UNSUBSCRIBE, _ASKING = "unsubscribe_link", ("survey_link", "score_row")
#: Of a mail to nobody, in which links are looked for.
_SAMPLES = {"survey_link": "https://sample.invalid/a/survey", "unsubscribe_link": "https://sample.invalid/u/leave"}
_SENDER = Sender("", "", None, "", "", UUID(int=0))
Faults = dict[str, list[str]]


def known_tags(tenant_id: int, *, asking: bool) -> list[str]:
    """The paths that tags can name, inside the tenant's scope; links to a survey where the message asks."""
    custom = CustomField.objects.filter(tenant_id=tenant_id, object__in=("contact", "account")).order_by("id")
    return [
        *(name for name in tags.OWN if asking or name not in _ASKING),
        *(f"contact.{name}" for name in ("id", *CONTACT)),
        *(f"account.{name}" for name in ("id", *ACCOUNT)),
        *(f"{row.object}.{row.name}" for row in custom),
    ]


def check(tenant_id: int, given: Any, key: str, kind: str) -> Faults:
    """Every fault of messages by language, inside the tenant's scope."""
    if not isinstance(given, dict) or not 0 < len(given) <= LANGUAGES:
        return {key: [f"The {key} must be an object of 1 to {LANGUAGES} languages."]}
    asking = kind in asked.ASKING
    known = known_tags(tenant_id, asking=asking)
    faults: Faults = {}
    for language, text in given.items():
        place = f"{key}.{language}"
        if not _LANGUAGE.fullmatch(language):
            faults[place] = ["A language is a tag such as en or pt-BR."]
        elif not isinstance(text, dict):
            faults[place] = [sentence("object_expected", language)]
        else:
            faults |= {f"{place}.{name}": told for name, told in _check_text(text, known, asking=asking).items()}
    return faults


def _check_text(text: dict[str, Any], known: list[str], *, asking: bool) -> Faults:
    limits = {"subject": SUBJECT_LIMIT, "preheader": PREHEADER_LIMIT, "body": BODY_LIMIT}
    faults: Faults = {name: [sentence("unknown", name, known=", ".join(limits))] for name in text if name not in limits}
    for name, limit in limits.items():
        value = text.get(name, "")
        if not isinstance(value, str):
            faults[name] = [sentence("string", name)]
        elif len(value) > limit:
            faults[name] = [sentence("max", name, limit=limit)]
        elif not value.strip() and name != "preheader":
            faults[name] = [sentence("required", name)]
        else:
            told = [*tags.faults(value, known if name == "body" else [each for each in known if "link" not in each])]
            if told:
                faults[name] = told
    if "body" not in faults and (missing := link_fault(text["body"], asking=asking)):
        faults["body"] = [missing]
    return faults


def link_faults(row: Campaign) -> Faults:
    """The links that a campaign's messages need and that nobody could follow, as far as they were saved before."""
    faults: Faults = {}
    what = asked.of(row)
    for part, rows in compose.messages(row).items():
        asking = part == Message.Part.REMINDER or row.kind in asked.ASKING
        key = "messages" if part == Message.Part.FIRST else "reminder_messages"
        for each in rows:
            if told := link_fault(each.body, asking=asking) or mismatch(what, each):
                faults[f"{key}.{each.language}.body"] = [told]
    return faults


def mismatch(what: Asked, message: Message) -> str | None:
    """Where a message asks something else than the campaign's survey, as far as words that stood ready tell."""
    survey, question = what
    if survey is None:
        return None
    if question is None and _SCORE_ROW.search(message.body):
        return (
            f"The survey {survey.name} has no scale: write {{{{ survey_link }}}} in the place of {{{{ score_row }}}}."
        )
    recommends = question is not None and question.kind == "nps"
    if not recommends and message.body in (ready.TEXTS[kind][2] for kind in asked.ASKING):
        return (
            f"The message asks how likely people are to recommend; the survey {survey.name} does not: change its words."
        )
    said = _SCALE.search(message.body)
    if question is None or said is None or ready.scale(question) in message.body:
        return None
    least, most = question.scale[0], question.scale[-1]
    if (int(said[1]), int(said[2])) == (least, most):
        return None
    return (
        f"The message asks for a number from {said[1]} to {said[2]}, the survey {survey.name} from {least} to {most}:"
        " change its words."
    )


def link_fault(body: str, *, asking: bool) -> str | None:
    """Which link nobody could follow in the mail that a body makes, in HTML or in text; whatever stands in it."""
    html, text = letter(_SENDER, "en", "", "", body).bare(_SAMPLES)
    seen = _Links()
    seen.feed(html)

    def there(name: str) -> bool:
        whole = re.escape(_SAMPLES[name]) + r"(\?score=\d+)?(?![\w/?=&%-])"
        return any(re.fullmatch(whole, link) for link in seen.found) and re.search(whole, text) is not None

    if not there(_UNSUBSCRIBE):
        return (
            "The body needs the link {{ unsubscribe_link }} where it can be followed, such as"
            " [unsubscribe]({{ unsubscribe_link }})."
        )
    if asking and not there("survey_link"):
        return "The body needs {{ survey_link }} or {{ score_row }} where it can be followed."
    return None


class _Links(HTMLParser):
    """The addresses of links that can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A link begins, or a picture is in one."""
        if tag == "a":
            self._open = dict(attrs).get("href")
        elif tag == "img":
            self.handle_data(tag)

    def handle_endtag(self, tag: str) -> None:
        """A link ends."""
        self._open = None if tag == "a" else self._open

    def handle_data(self, data: str) -> None:
        """The words of a link."""
        if self._open and visible(data).strip():
            self.found.add(self._open)
