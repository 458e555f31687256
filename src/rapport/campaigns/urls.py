"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role

from .pages import acting, bounces, editing, listing, reports, segments, settings

_BOTH = ("GET", "POST")
ONE = rf"campaigns/{ID}"
ACT = r"(?P<act>pause|resume|cancel)"

pages = [
    page("campaigns/manual", Role.USER, listing.listed, "campaigns"),
    page("campaigns/manual/new", Role.ADMIN, editing.new, "new-campaign", _BOTH),
    page("campaigns/automated", Role.USER, listing.automated, "automated-campaigns"),
    page("campaigns/automated/new", Role.ADMIN, editing.new_automated, "new-automated-campaign", _BOTH),
    page(ONE, Role.USER, listing.one, "campaign"),
    page(rf"{ONE}/deliveries\.csv", Role.USER, listing.export, "campaign-deliveries"),
    page(f"{ONE}/report", Role.USER, reports.report, "campaign-report"),
    page(f"{ONE}/edit", Role.ADMIN, editing.edit, "edit-campaign", _BOTH),
    page(f"{ONE}/message", Role.ADMIN, editing.message, "campaign-message", _BOTH),
    page(f"{ONE}/preview", Role.USER, editing.preview, "campaign-preview"),
    page(f"{ONE}/test", Role.ADMIN, editing.test, "test-campaign", ["POST"]),
    page(f"{ONE}/plan", Role.ADMIN, editing.plan, "plan-campaign", _BOTH),
    page(f"{ONE}/start", Role.ADMIN, editing.start, "start-campaign", ["POST"]),
    page(f"{ONE}/send-again", Role.ADMIN, acting.send_again, "send-again", _BOTH),
    page(f"{ONE}/cancel", Role.ADMIN, acting.cancel, "cancel-campaign", _BOTH),
    page(f"{ONE}/{ACT}", Role.ADMIN, acting.act, "act-on-campaign", ["POST"]),
    page("campaigns/bounces", Role.ADMIN, bounces.listed, "bounces"),
    page(rf"campaigns/bounces/{ID}/settle", Role.ADMIN, bounces.settle, "settle-bounce", ["POST"]),
    page("campaigns/bounces/mailbox", Role.SYSTEM_ADMIN, bounces.mailbox, "bounce-mailbox", _BOTH),
    page("campaigns/bounces/mailbox/remove", Role.SYSTEM_ADMIN, bounces.remove_mailbox, "remove-mailbox", _BOTH),
    page("campaigns/domain", Role.ADMIN, reports.sender_domain, "sender-domain"),
    page("campaigns/segments", Role.ADMIN, segments.listed, "segments"),
    page("campaigns/segments/new", Role.ADMIN, segments.new, "new-segment", _BOTH),
    page(f"campaigns/segments/{ID}", Role.ADMIN, segments.edit, "segment", _BOTH),
    page(f"campaigns/segments/{ID}/remove", Role.ADMIN, segments.remove, "remove-segment", _BOTH),
    page("settings/sending", Role.SYSTEM_ADMIN, settings.sending, "sending", _BOTH),
    page("settings/sending/new-server", Role.SYSTEM_ADMIN, settings.new_server, "new-mail-server", _BOTH),
    page(f"settings/sending/{ID}", Role.SYSTEM_ADMIN, settings.server, "mail-server", _BOTH),
    page(f"settings/sending/{ID}/remove", Role.SYSTEM_ADMIN, settings.remove_server, "remove-mail-server", _BOTH),
]
