"""The change ledger as a file that is downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.evidence import exporting
from rapport.tenants.exports import streamed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member


def changes(request: HttpRequest, member: Member, kind: str) -> Any:
    """All of it, in its order."""
    return streamed(exporting.changes(member.tenant), kind)
