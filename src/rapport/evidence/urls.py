"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

from rapport.members.access import ID, page
from rapport.members.models import Role
from rapport.tenants.exports import KIND

from .pages import changes, exports, replay, requests, undo

PLACE = r"(?P<token>[A-Za-z0-9_-]{32}|[0-9A-Fa-f-]{36})"
SEQ = r"(?P<seq>[0-9]{1,18})"

pages = [
    page("data/changes", Role.ADMIN, changes.listed, "changes"),
    page(rf"data/changes/export\.{KIND}", Role.ADMIN, exports.changes, "export-changes"),
    page("data/undo", Role.ADMIN, undo.listed, "undos"),
    page("data/undo/new", Role.ADMIN, undo.new, "new-undo", ("GET", "POST")),
    page(f"data/undo/{ID}", Role.ADMIN, undo.shown, "undo"),
    page("data/replay", Role.ADMIN, replay.listed, "replays"),
    page("data/replay/new", Role.ADMIN, replay.new, "new-replay", ("GET", "POST")),
    page(f"data/replay/{ID}", Role.ADMIN, replay.shown, "replay"),
    page("data/requests", Role.ADMIN, requests.requests, "requests"),
    page(f"data/requests/{PLACE}", Role.ADMIN, requests.shown, "request"),
    page(f"data/requests/of-change/{SEQ}", Role.ADMIN, requests.of_change, "request-of-change"),
]
