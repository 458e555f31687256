"""One contact or account: as it is or was, deleted, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.directory import past, removing
from rapport.directory.errors import GoneError, TakenError, UnknownError
from rapport.directory.readback import COLLECTIONS
from rapport.tenants import answers
from rapport.tenants.errors import BusyError
from rapport.tenants.query import Reader
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from rapport.tenants.permission import AuthoredRequest


def shown(request: HttpRequest, tenant_id: int, id: str, kind: str) -> HttpResponse:
    """The object; with `as_of` as it was then. 410 for what is deleted or part of another one."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    moment = reader.time("as_of")
    reader.finish()
    with tenant_scope(tenant_id):
        try:
            told = past.read(tenant_id, kind, UUID(id), moment)
        except UnknownError:
            return _unknown(kind)
        except GoneError as fault:
            return _gone(kind, fault)
    return answers.data(told) if told else answers.sentence(404, f"There was no such {kind} then.")


def remove(request: AuthoredRequest, tenant_id: int, id: str, kind: str) -> HttpResponse:
    """Puts it out of sight; 204."""
    return _done(kind, lambda: removing.remove(tenant_id, request.author, kind, UUID(id))) or answers.nothing()


def restore(request: AuthoredRequest, tenant_id: int, id: str, kind: str) -> HttpResponse:
    """Brings it back, within 30 days; 409 where something else is found by its keys by now."""
    refused = _done(kind, lambda: removing.restore(tenant_id, request.author, kind, UUID(id)))
    if refused:
        return refused
    with tenant_scope(tenant_id):
        rows = list(removing.MODELS[kind].objects.filter(tenant_id=tenant_id, id=UUID(id)))
        return answers.data(COLLECTIONS[kind].represent(tenant_id, rows)[0])


def listed(request: HttpRequest, tenant_id: int, kind: str) -> HttpResponse:
    """What is deleted and can be taken back, newest first."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    after, limit = reader.place("cursor"), reader.limit()
    reader.finish()
    with tenant_scope(tenant_id):
        rows, cursor = removing.page(tenant_id, kind, after, limit)
        told = COLLECTIONS[kind].represent(tenant_id, rows)
    data = [each | {"deleted_at": answers.moment(row.deleted_at)} for each, row in zip(told, rows, strict=True)]
    return answers.data({"data": data, "cursor": cursor})


def _done(kind: str, act: Callable[[], None]) -> HttpResponse | None:
    """Does it; what is said where that cannot be."""
    try:
        act()
    except UnknownError:
        return _unknown(kind)
    except GoneError as fault:
        return _gone(kind, fault)
    except TakenError as fault:
        owner = {"type": fault.object_type, "id": str(fault.owner), "name": fault.name}
        return answers.data({"message": str(fault), "owner": owner}, 409)
    except BusyError as fault:
        return answers.sentence(503, str(fault), {"Retry-After": "1"})
    return None


def _unknown(kind: str) -> HttpResponse:
    return answers.sentence(404, f"There is no such {kind}.")


def _gone(kind: str, fault: GoneError) -> HttpResponse:
    row: Any = fault.row
    told = {"message": f"This {kind} is deleted."}
    if row.merged_into:
        return answers.data({"message": f"This {kind} was merged.", "merged_into": str(row.merged_into)}, 410)
    return answers.data(told | {"deleted_at": answers.moment(row.deleted_at)}, 410)
