"""Addresses of the pages about fields and touchpoints, each with the role that it needs."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role

from .settings_pages import fields, touchpoints

FORM = ("GET", "POST")

pages = [
    page("settings/fields", Role.ADMIN, fields.listed, "fields"),
    page("settings/fields/new", Role.ADMIN, fields.new, "new-field", FORM),
    page(f"settings/fields/{ID}", Role.ADMIN, fields.shown, "field", FORM),
    page(f"settings/fields/{ID}/archive", Role.ADMIN, fields.archive, "archive-field", FORM),
    page(f"settings/fields/{ID}/restore", Role.ADMIN, fields.restore, "restore-field", ["POST"]),
    page("settings/touchpoints", Role.ADMIN, touchpoints.listed, "touchpoints", FORM),
    page(f"settings/touchpoints/{ID}", Role.ADMIN, touchpoints.rename, "touchpoint", FORM),
    page(f"settings/touchpoints/{ID}/deactivate", Role.ADMIN, touchpoints.deactivate, "deactivate-touchpoint", FORM),
    page(f"settings/touchpoints/{ID}/activate", Role.ADMIN, touchpoints.activate, "activate-touchpoint", ["POST"]),
]
