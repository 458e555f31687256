"""What an app that is limited to configurations may take back, and send again: what came through these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.db.queries import statement
from rapport.tenants import answers
from rapport.tenants.statements import fetch

from .replaying import chosen

if TYPE_CHECKING:
    from .undoing.chosen import Entries

#: Ids of configurations; None is all.
Limit = Collection[UUID] | None

UNDO = "The Connected App may only undo what was written through its configurations."
REPLAY = "The Connected App may only send again, through its configurations, what was sent to them."
_FIND = statement("find_outside")


def check_entries(tenant_id: int, limit: Limit, entries: Entries) -> None:
    """Raises `answers.Refused` 403 where one of them came another way; in the tenant's scope."""
    if limit is not None and fetch(_FIND, tenant_id, entries.text, entries.low, entries.high, [*limit])[0][0]:
        raise _refused(UNDO)


def check_records(tenant_id: int, limit: Limit, asked: Mapping[str, Any]) -> None:
    """Raises `answers.Refused` 403 where one was sent to another configuration, or another would read them."""
    if limit is None:
        return
    wanted = chosen.read(tenant_id, asked)
    strange = wanted.reader is not None and wanted.reader not in limit
    # Also those without a configuration.
    if strange or wanted.rows.exclude(configuration_id__in=[*limit]).exists():
        raise _refused(REPLAY)


def _refused(text: str) -> answers.Refused:
    return answers.Refused(answers.sentence(403, text))
