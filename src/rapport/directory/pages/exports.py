"""Contacts, accounts and activities as files that are downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapport.directory import exporting
from rapport.tenants.exports import streamed

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member


def export(request: HttpRequest, member: Member, what: str, kind: str) -> Any:
    """All of them, whatever the list is narrowed to."""
    return streamed(exporting.ALL[what](member.tenant), kind)
