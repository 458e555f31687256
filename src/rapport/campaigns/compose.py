"""A campaign's messages as letters: which one somebody gets, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapport.feedback.documents import languages
from rapport.records import keys
from rapport.tenants.models import Tenant

from . import addresses, asked, ready
from .messages.layout import NPS
from .messages.letter import About, Letter, Sender, letter
from .models import Campaign, Message


@dataclass(frozen=True)
class Letters:
    """The letters of a campaign by part and language."""

    by_part: Mapping[str, Mapping[str, Letter]]

    @classmethod
    def of(cls, campaign: Campaign) -> Letters:
        """Compiles a campaign's messages, inside the tenant's scope. Raises `tags.TagFault`."""
        tenant = Tenant.objects.get(pk=campaign.tenant_id)
        sender = Sender(
            campaign.sender_name,
            keys.mailbox(campaign.sender_address),
            campaign.reply_to and keys.mailbox(campaign.reply_to),
            tenant.name,
            tenant.slug,
            campaign.id,
        )
        question = asked.question(campaign)
        scale = question.scale if question else NPS
        made: dict[str, dict[str, Letter]] = {}
        for part, rows in messages(campaign).items():
            made[part] = {
                row.language: letter(sender, row.language, row.subject, row.preheader, row.body, scale) for row in rows
            }
        return cls(made)

    def choose(self, wave: int, language: str | None) -> Letter:
        """The letter of a wave in the language nearest to somebody's. Raises `LookupError` where there is none."""
        own = self.by_part.get(Message.Part.REMINDER if wave else Message.Part.FIRST) or {}
        if not own:
            raise LookupError("There is no message.")
        return own[nearest(language, list(own))]


def messages(campaign: Campaign) -> dict[str, list[Message]]:
    """A campaign's messages by part, the oldest language first; reminders as they stand ready where it has none."""
    rows = list(Message.objects.filter(tenant_id=campaign.tenant_id, campaign_id=campaign.id).order_by("language"))
    found = {part: [row for row in rows if row.part == part] for part in Message.Part.values}
    if campaign.reminders and not found[Message.Part.REMINDER]:
        found[Message.Part.REMINDER] = ready.messages(campaign, Campaign.Kind.REMINDER, Message.Part.REMINDER)
    return found


def nearest(language: str | None, own: list[str]) -> str:
    """The language of `own` for somebody: exact, then its primary tag, then English, then the first (contract)."""
    return languages.pick(language, own) or ("en" if "en" in own else own[0])


def about(
    tenant_id: int,
    delivery: UUID,
    address: str,
    fields: Mapping[str, Any],
    record: tuple[UUID, int] | None,
) -> About:
    """What a mail is filled with; the address as mail servers know it. Raises `addresses.NoAddressError`."""
    link = addresses.survey_link(tenant_id, *record) if record else ""
    return About(delivery, address, fields, link, addresses.unsubscribe_link(tenant_id, delivery))
