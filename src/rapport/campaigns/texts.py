"""What can be wrong with the texts of messages, and what their tags can name."""

from __future__ import annotations

import re
from typing import Any

from rapport.configurations.models import CustomField
from rapport.records.errors import sentence

from .conditions import ACCOUNT, CONTACT
from .messages import tags
from .models import Campaign

SUBJECT_LIMIT, PREHEADER_LIMIT, BODY_LIMIT, LANGUAGES = 200, 200, 50_000, 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNSUBSCRIBE, _ASKING = "unsubscribe_link", ("survey_link", "score_row")
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
    asking = kind in (Campaign.Kind.INVITATION, Campaign.Kind.REMINDER)
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
    if "body" not in faults:
        named = " ".join(tags.expressions(text["body"]))
        if _UNSUBSCRIBE not in named:
            faults["body"] = ["The body needs the link {{ unsubscribe_link }}."]
        elif asking and not any(name in named for name in _ASKING):
            faults["body"] = ["The body needs {{ survey_link }} or {{ score_row }}."]
    return faults
