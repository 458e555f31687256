"""What a contact or an account was at a moment: its present row, with everything that came later taken off again."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.groups import ids
from rapport.history.ledger import walk
from rapport.tenants.query import Reader

from .errors import GoneError, UnknownError
from .models import Account
from .readback import COLLECTIONS
from .removing import MODELS
from .representation import account, contact

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.history.models import Change

#: What the ledger names that no column of its own has.
_ELSEWHERE = ("account_name", "alias")


def read(tenant_id: int, kind: str, id: UUID, moment: datetime | None) -> dict[str, Any] | None:
    """A `contact` or an `account` as it is, or was at a moment, when None says that it was not there yet.

    In the tenant's scope. Raises `UnknownError`, `GoneError`.
    """
    row = MODELS[kind].ever.filter(tenant_id=tenant_id, id=id).first()
    if row is None:
        raise UnknownError
    if moment is not None:
        return at(row, moment)
    if row.deleted_at is not None:
        raise GoneError(row)
    return COLLECTIONS[kind].represent(tenant_id, [row])[0]


def at(row: Any, moment: datetime) -> dict[str, Any] | None:
    """The object as callers would have seen it; None where it was not there yet. Inside its tenant's scope.

    Raises `GoneError` where it was deleted then, and where its values have been emptied since.
    """
    then = back(row, moment)
    if then is None:
        return None
    if then.deleted_at is not None:
        raise GoneError(then)
    if isinstance(then, Account):
        return account(then)
    owner = Account.ever.filter(tenant_id=then.tenant_id, id=then.account_id).first() if then.account_id else None
    linked = back(owner, moment) if owner else None
    return contact(then, linked.name if linked is not None and linked.deleted_at is None else None)


def page(request: HttpRequest, row: Any) -> tuple[Any, datetime | None]:
    """The row as a page's address wants it (`as_of`), and the moment of that; as it is now where it was not there."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    moment = reader.time("as_of")
    if moment is None:
        return row, None
    try:
        then = back(row, moment)
    except GoneError:
        then = None
    return (row, None) if then is None else (then, moment)


def back(row: Any, moment: datetime) -> Any:
    """A copy of the row as it was; None where it was not there yet. Raises `GoneError` where it was emptied since."""
    then = copy(row)
    then.attributes = dict(row.attributes)
    then.updated_at = row.created_at
    for change in walk(row):
        if change.at <= moment:
            then.updated_at = ids.moment_of(change.record) if change.record else change.at
            break
        if "emptied" in (change.links or {}):
            raise GoneError(row)
        if change.kind == "created":
            return None
        _take_off(then, change)
    return then if row.created_at <= moment else None


def _take_off(then: Any, change: Change) -> None:
    links = change.links or {}
    for name, (old, _) in change.diff.items():
        if name.startswith("custom."):
            then.attributes.pop(name[7:], None)
            if old is not None:
                then.attributes[name[7:]] = old
        elif name not in _ELSEWHERE:
            setattr(then, name, old)
    if "account" in links:
        then.account_id = links["account"][0]
    if change.kind == "deleted":
        then.deleted_at = None
    elif change.kind == "restored":
        then.deleted_at = change.at
    if "into" in links:
        out_of = links["into"][0]
        then.merged_into, then.deleted_at = out_of, out_of and change.at
