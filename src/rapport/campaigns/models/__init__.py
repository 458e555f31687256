"""Campaigns and the ledger of sending, as rows; deliveries are changed by functions of `rapport.db` only."""

from __future__ import annotations

from .bounces import BounceMailbox, BounceReport
from .campaigns import Campaign, Message, Plan, Segment
from .deliveries import CampaignCount, Delivery, RestHold, SenderLease, SendingRate, TakingHead
from .servers import SendingRules, SmtpServer

__all__ = [
    "BounceMailbox",
    "BounceReport",
    "Campaign",
    "CampaignCount",
    "Delivery",
    "Message",
    "Plan",
    "RestHold",
    "Segment",
    "SenderLease",
    "SendingRate",
    "SendingRules",
    "SmtpServer",
    "TakingHead",
]
