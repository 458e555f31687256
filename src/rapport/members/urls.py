"""Addresses of the pages around people."""

from __future__ import annotations

from .access import ID, everybody, page, signed_in
from .models import Role
from .pages import account, entrance, people, system

_LAST = r"(?P<secret>[A-Za-z0-9_-]{20,80})"
FORM = ("GET", "POST")
TOP = Role.SYSTEM_ADMIN

pages = [
    everybody("sign-in", entrance.sign_in, "sign-in"),
    everybody("sign-out", entrance.sign_out, "sign-out", ["POST"]),
    everybody(f"sign-in-link/{_LAST}", entrance.sign_in_link, "sign-in-link"),
    everybody("forgotten-password", entrance.forgotten, "forgotten"),
    everybody(f"reset/{_LAST}", entrance.reset, "reset"),
    everybody(f"invitation/{_LAST}", account.invitation, "invitation"),
    signed_in("profile", account.profile, "profile", ["GET", "POST"]),
    signed_in("profile/sessions/end", account.end_session, "end-session", ["POST"]),
    page("settings/users", Role.ADMIN, people.listed, "users"),
    page("settings/users/invite", TOP, people.invite, "invite", FORM),
    page(f"settings/users/invitations/{ID}/revoke", TOP, people.revoke, "revoke-invitation", FORM),
    page(f"settings/users/{ID}/role", TOP, people.role, "change-role", FORM),
    page(f"settings/users/{ID}/remove", TOP, people.remove, "remove-member", FORM),
    page(f"settings/users/{ID}/reset", TOP, people.send_reset, "send-reset", FORM),
    page("settings/system", TOP, system.shown, "system", FORM),
]
