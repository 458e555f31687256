"""What an undo is about, as people call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.evidence import actors

LIMIT = 200
_PLAIN = {
    "record": "one record",
    "request": "one request",
    "merge": "a merge",
    "undo": "an undo",
    "replay": "what was sent again",
}
_SENTENCES = {
    "import": "the import {}",
    "app": "what came from {}",
    "user": "what {} did",
    "configuration": "what came by {}",
}
_BOUNDS = {"from": "since {}", "to": "before {}"}


def told(tenant_id: int, asked: Mapping[str, Any]) -> str:
    """What is named, in a few words; inside the tenant's scope."""
    named = [*_named(tenant_id, asked)] or ["everything"]
    bounds = [words.format(_moment(str(asked[name]))) for name, words in _BOUNDS.items() if name in asked]
    return " ".join((*named, *bounds))[:LIMIT]


def _named(tenant_id: int, asked: Mapping[str, Any]) -> Iterator[str]:
    for name, given in asked.items():
        if name in _PLAIN:
            yield _PLAIN[name]
        elif name == "changes":
            yield "1 change" if len(given) == 1 else f"{len(given):,} changes"
        elif name in _SENTENCES:
            yield _SENTENCES[name].format(_name(tenant_id, name, str(given)))


def _name(tenant_id: int, kind: str, given: str) -> str:
    """What is called by an id, a client id or a reference."""
    id: UUID | None = None
    with suppress(ValueError):
        id = UUID(given)
    if kind == "configuration":
        own = Configuration.objects.filter(Q(reference=given) | Q(id=id), tenant_id=tenant_id).first()
        return own.name if own else given
    if kind == "app":
        app = ConnectedApp.objects.filter(Q(client_id=given) | Q(id=id), tenant_id=tenant_id).first()
        return app.name if app else given
    return actors.names(tenant_id, [(kind, id)])[kind, id]


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%-d %b %Y, %H:%M}"
    except ValueError:
        return text
