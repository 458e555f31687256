"""The messages that stand ready in a new system."""

from __future__ import annotations

from rapport.feedback.documents import languages
from rapport.feedback.documents.survey import Question, Texts

from . import asked
from .models import Campaign, Message

_GREETING = 'Hello {{ contact.first_name | default: "there" }},\n\n'
_FAREWELL = (
    "\n\nThank you,\n{{ sender.name }}\n\n---\n\n"
    "If you would rather not hear from us, [unsubscribe]({{ unsubscribe_link }})."
)
#: Kind -> (subject, preheader, body).
TEXTS = {
    Campaign.Kind.INTRODUCTION: (
        "We would like to hear from you",
        "In the next days we will ask you one question.",
        _GREETING
        + "in the next days we will ask you how likely you are to recommend {{ system.name }}. It takes a minute,"
        " and we read every answer." + _FAREWELL,
    ),
    Campaign.Kind.INVITATION: (
        "How likely are you to recommend {{ system.name }}?",
        "One question, one minute.",
        _GREETING
        + "how likely are you to recommend {{ system.name }} to a friend or colleague? Choose a number from 0, not at"
        " all likely, to 10, extremely likely.\n\n{{ score_row }}\n\nOr [open the survey]({{ survey_link }})."
        + _FAREWELL,
    ),
    Campaign.Kind.REMINDER: (
        "A reminder: how likely are you to recommend {{ system.name }}?",
        "One question, one minute.",
        _GREETING
        + "a few days ago we asked you how likely you are to recommend {{ system.name }}. We would still like to hear"
        " from you.\n\n{{ score_row }}\n\nOr [open the survey]({{ survey_link }})." + _FAREWELL,
    ),
    Campaign.Kind.GENERAL: (
        "Thank you from {{ system.name }}",
        "",
        _GREETING + "thank you for telling us what you think. It helps us to get better." + _FAREWELL,
    ),
}


#: An invitation and a reminder of a survey that asks no one to recommend: what stands before its question.
_OPENING = {
    Campaign.Kind.INVITATION: ("", ""),
    Campaign.Kind.REMINDER: (
        "A reminder: ",
        "a few days ago we asked you something, and would still like to hear from you. ",
    ),
}
_OPEN = "[open the survey]({{ survey_link }})."


def _text(campaign: Campaign, kind: str) -> tuple[str, str, str]:
    question = asked.question(campaign) if kind in asked.ASKING else None
    if kind not in asked.ASKING or (question and question.kind == "nps") or asked.survey(campaign) is None:
        return TEXTS[Campaign.Kind(kind)]
    before, sentence = _OPENING[Campaign.Kind(kind)]
    text = _english(question.text) if question else ""
    if not text or "{{" in text:
        subject, body = "We would like to hear from you", "we would like to know what you think. It takes a minute."
    else:
        subject, body = text, text
    row = f" {scale(question)}\n\n{{{{ score_row }}}}\n\nOr {_OPEN}" if question else f"\n\nPlease {_OPEN}"
    return f"{before}{subject}"[:200], "It takes a minute.", f"{_GREETING}{sentence}{body}{row}{_FAREWELL}"


def scale(question: Question) -> str:
    """What its numbers mean, in English."""
    least, most = _english(question.least), _english(question.most)
    ends = [
        f"{number}{f' ({told})' if told else ''}"
        for number, told in zip((question.scale[0], question.scale[-1]), (least, most), strict=True)
    ]
    return f"Choose a number from {ends[0]} to {ends[1]}."


def _english(text: Texts) -> str:
    """A survey's text in English of any country; empty where it has none."""
    return text.by_language.get(languages.pick("en", list(text.by_language)) or "", "")


def messages(campaign: Campaign, kind: str, part: str = Message.Part.FIRST) -> list[Message]:
    """The message of a kind of campaign, in English, not saved."""
    subject, preheader, body = _text(campaign, kind)
    return [
        Message(
            tenant_id=campaign.tenant_id,
            campaign_id=campaign.id,
            part=part,
            language="en",
            subject=subject,
            preheader=preheader,
            body=body,
        )
    ]
