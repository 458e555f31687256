"""The lists of contacts and of accounts: searched as one types, paged, with columns to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import render

from rapport.directory import columns, search
from rapport.directory.legend import legend, values
from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name
from rapport.directory.sheets import Sheet, by_id
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from rapport.members.access import Member


#: How the first record comes.
_PUT = 'curl -X PUT {records}/records \\\n  -H "Authorization: Bearer TOKEN" \\\n'
CONTACT = _PUT + '  -d configuration=contact \\\n  -d "record[Email]=ada@example.com" -d "record[First Name]=Ada"'
ACCOUNT = _PUT + '  -d configuration=account \\\n  -d "record[Account Name]=Analytical Engines"'


def contacts(request: HttpRequest, member: Member) -> HttpResponse:
    """Contacts, all of them or those of one account."""
    with tenant_scope(member.tenant) as tenant_id:
        rows = Contact.objects.filter(tenant_id=tenant_id)
        account = _account(tenant_id, request.GET.get("account", ""))
        shown = legend(member.tenant, "contact")
        sheet = _sheet(request, tenant_id, "contact", rows.filter(account_id=account.id) if account else rows)
        names = account_names(tenant_id, (row.account_id for row in sheet.rows))
    chosen = columns.offered("contact", shown, request.GET.getlist("column"))
    lines = [
        {
            "id": row.id,
            "name": contact_name(row),
            "cells": columns.cells(
                chosen,
                shown,
                values(row, account_name=names.get(row.account_id)),
                row.account_id and member.to("account", id=row.account_id),
            ),
        }
        for row in sheet.rows
    ]
    context = {"columns": chosen, "lines": lines, "account": account, "curl": CONTACT.format(**hosts(request))}
    return _page(request, "directory/contacts.html", sheet, context)


def accounts(request: HttpRequest, member: Member) -> HttpResponse:
    """Accounts."""
    with tenant_scope(member.tenant) as tenant_id:
        shown = legend(member.tenant, "account")
        sheet = _sheet(request, tenant_id, "account", Account.objects.filter(tenant_id=tenant_id))
    chosen = columns.offered("account", shown, request.GET.getlist("column"))
    lines = [{"id": row.id, "name": row.name, "cells": columns.cells(chosen, shown, values(row))} for row in sheet.rows]
    context = {"columns": chosen, "lines": lines, "curl": ACCOUNT.format(**hosts(request))}
    return _page(request, "directory/accounts.html", sheet, context)


def _account(tenant_id: int, text: str) -> Account | None:
    """The account whose contacts are wanted, if any. Raises `Http404`."""
    if not text:
        return None
    try:
        return Account.objects.get(tenant_id=tenant_id, id=UUID(text))
    except (ValueError, Account.DoesNotExist):
        raise Http404 from None


def _sheet(request: HttpRequest, tenant_id: int, object_type: str, rows: QuerySet[Any]) -> Sheet:
    """What is searched for, in the order of the words that were found, else a sheet of all."""
    text = request.GET.get("q", "").strip()
    if not text:
        return by_id(rows, request.GET)
    try:
        mark = search.Mark.parse(request.GET.get("place", ""))
    except ValueError:
        mark = None
    found = search.find(tenant_id, object_type, text, mark)
    present = {row.id: row for row in rows.filter(id__in=found.ids)}
    return Sheet([present[id] for id in found.ids if id in present], older=found.after)


def _page(request: HttpRequest, template: str, sheet: Sheet, context: dict[str, Any]) -> HttpResponse:
    context |= {"sheet": sheet, "q": request.GET.get("q", "").strip()}
    return render(request, template, context)
