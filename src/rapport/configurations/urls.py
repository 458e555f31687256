"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role

from .pages import acts, drafts, editing, fields, listing, overview, touchpoints, unmapped

_HERE = "data/imports/configurations"
CONFIGURATION = rf"{_HERE}/(?P<reference>[a-z0-9-]{{1,64}})"
VERSION = "(?P<version>[0-9]{1,9})"
_BOTH = ("GET", "POST")

pages = [
    page(_HERE, Role.ADMIN, listing.listed, "configurations"),
    page(f"{_HERE}/new", Role.ADMIN, editing.new, "new-configuration", _BOTH),
    page(CONFIGURATION, Role.ADMIN, overview.shown, "configuration"),
    page(f"{CONFIGURATION}/versions", Role.ADMIN, overview.versions, "configuration-versions"),
    page(f"{CONFIGURATION}/versions/{VERSION}/restore", Role.ADMIN, drafts.restore, "restore-version", ["POST"]),
    page(f"{CONFIGURATION}/draft", Role.ADMIN, drafts.shown, "configuration-draft", _BOTH),
    page(f"{CONFIGURATION}/draft/discard", Role.ADMIN, drafts.discard, "discard-draft", _BOTH),
    page(f"{CONFIGURATION}/edit", Role.ADMIN, editing.edit, "edit-configuration", _BOTH),
    page(f"{CONFIGURATION}/copy", Role.ADMIN, acts.copy, "copy-configuration", _BOTH),
    page(f"{CONFIGURATION}/deactivate", Role.ADMIN, acts.deactivate, "deactivate-configuration", _BOTH),
    page(f"{CONFIGURATION}/activate", Role.ADMIN, acts.activate, "activate-configuration", _BOTH),
    page(f"{CONFIGURATION}/remove", Role.ADMIN, acts.remove, "remove-configuration", _BOTH),
    page("data/unmapped", Role.ADMIN, unmapped.listed, "unmapped"),
    page("data/unmapped/map", Role.ADMIN, unmapped.remedy, "map-heading", _BOTH),
    page("data/unmapped/mapped", Role.ADMIN, unmapped.mapped, "heading-mapped"),
    page("data/unmapped/dismiss", Role.ADMIN, unmapped.dismiss, "dismiss-heading", ["POST"]),
    page("data/unmapped/forget", Role.ADMIN, unmapped.forget, "forget-heading", _BOTH),
    page("data/unmapped/restore", Role.ADMIN, unmapped.restore, "restore-heading", ["POST"]),
    page("settings/fields", Role.ADMIN, fields.listed, "fields"),
    page("settings/fields/new", Role.ADMIN, fields.new, "new-field", _BOTH),
    page(f"settings/fields/{ID}", Role.ADMIN, fields.shown, "field", _BOTH),
    page(f"settings/fields/{ID}/archive", Role.ADMIN, fields.archive, "archive-field", _BOTH),
    page(f"settings/fields/{ID}/restore", Role.ADMIN, fields.restore, "restore-field", ["POST"]),
    page("settings/touchpoints", Role.ADMIN, touchpoints.listed, "touchpoints", _BOTH),
    page(f"settings/touchpoints/{ID}", Role.ADMIN, touchpoints.rename, "touchpoint", _BOTH),
    page(f"settings/touchpoints/{ID}/deactivate", Role.ADMIN, touchpoints.deactivate, "deactivate-touchpoint", _BOTH),
    page(f"settings/touchpoints/{ID}/activate", Role.ADMIN, touchpoints.activate, "activate-touchpoint", ["POST"]),
]
