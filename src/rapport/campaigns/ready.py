"""The messages that stand ready in a new system."""

from __future__ import annotations

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


def messages(campaign: Campaign, kind: str, part: str = Message.Part.FIRST) -> list[Message]:
    """The message of a kind of campaign, in English, not saved."""
    subject, preheader, body = TEXTS[Campaign.Kind(kind)]
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
