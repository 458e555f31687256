"""Lists of what belongs to contacts and accounts, each line with their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404

from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name, contact_names
from rapport.directory.sheets import by_id

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


def owned(request: HttpRequest, tenant_id: int, rows: QuerySet[Any]) -> dict[str, Any]:
    """A sheet of rows, as far as the address names their `contact` or `account`; inside the tenant's scope.

    Context: `sheet`; `lines`, each a row with the names of its contact and account; `owners`, the chosen ones' names
    by parameter. Raises `Http404` for one that is not there.
    """
    owners: dict[str, str] = {}
    for name, model, title in (("contact", Contact, contact_name), ("account", Account, lambda row: row.name)):
        if text := request.GET.get(name):
            owner = found(model, tenant_id, text)
            rows = rows.filter(**{f"{name}_id": owner.id})
            owners[name] = title(owner)
    sheet = by_id(rows, request.GET)
    contacts = contact_names(tenant_id, (row.contact_id for row in sheet.rows))
    accounts = account_names(tenant_id, (row.account_id for row in sheet.rows))
    lines = [
        {"row": row, "contact": contacts.get(row.contact_id), "account": accounts.get(row.account_id)}
        for row in sheet.rows
    ]
    return {"sheet": sheet, "lines": lines, "owners": owners}


def found(model: Any, tenant_id: int, id: str) -> Any:
    """The row with this id. Raises `Http404`."""
    try:
        row = model.objects.filter(tenant_id=tenant_id, id=UUID(id)).first()
    except ValueError:
        row = None
    if row is None:
        raise Http404
    return row


def kept(model: Any, tenant_id: int, id: str) -> Any:
    """The row with this id, or the one that it has become part of. Raises `Http404`."""
    into = id
    while into:
        row = model.ever.filter(tenant_id=tenant_id, id=into).first()
        into = row and row.merged_into
    return found(model, tenant_id, str(row.id) if row else id)
