"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role

from .pages import acts, listing, shown, upload

_HERE = "data/imports"
ACT = "(?P<act>start|pause|resume|cancel)"
_BOTH = ("GET", "POST")

pages = [
    page(_HERE, Role.ADMIN, listing.listed, "imports"),
    page(f"{_HERE}/new", Role.ADMIN, upload.new, "new-import", _BOTH, protects_itself=True),
    page(f"{_HERE}/{ID}", Role.ADMIN, shown.shown, "import"),
    page(f"{_HERE}/{ID}/mapping", Role.ADMIN, upload.mapping, "import-mapping", _BOTH),
    page(f"{_HERE}/{ID}/failed", Role.ADMIN, shown.failed_rows, "import-failed"),
    page(f"{_HERE}/{ID}/{ACT}", Role.ADMIN, acts.act, "change-import", ["POST"]),
]
