"""The lists of contacts and of accounts: searched as one types, paged, with columns to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.shortcuts import render

from rapport.directory import columns, narrowing, search
from rapport.directory.legend import legend, values
from rapport.directory.models import Account, Contact
from rapport.directory.names import account_names, contact_name
from rapport.directory.sheets import Sheet
from rapport.tenants.hosts import hosts
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        form, found = _listed(request, member, "contact", rows.filter(account_id=account.id) if account else rows)
        shown = shown_contacts(member, found.sheet.rows, request.GET.getlist("column"))
    context = {**shown, "account": account, "curl": CONTACT.format(**hosts(request))}
    return _page(request, "directory/contacts.html", (form, found), context)


def shown_contacts(member: Member, rows: Sequence[Any], wanted: Sequence[str]) -> dict[str, Any]:
    """What `directory/lines.html` shows of contacts, under the `wanted` columns; inside the tenant's scope."""
    shown = legend(member.tenant, "contact")
    names = account_names(member.tenant.pk, (row.account_id for row in rows))
    chosen = columns.offered("contact", shown, wanted)
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
        for row in rows
    ]
    return {"columns": chosen, "lines": lines}


def accounts(request: HttpRequest, member: Member) -> HttpResponse:
    """Accounts."""
    with tenant_scope(member.tenant) as tenant_id:
        shown = legend(member.tenant, "account")
        form, found = _listed(request, member, "account", Account.objects.filter(tenant_id=tenant_id))
    chosen = columns.offered("account", shown, request.GET.getlist("column"))
    lines = [
        {"id": row.id, "name": row.name, "cells": columns.cells(chosen, shown, values(row))} for row in found.sheet.rows
    ]
    context = {"columns": chosen, "lines": lines, "curl": ACCOUNT.format(**hosts(request))}
    return _page(request, "directory/accounts.html", (form, found), context)


def _account(tenant_id: int, text: str) -> Account | None:
    """The account whose contacts are wanted, if any. Raises `Http404`."""
    if not text:
        return None
    try:
        return Account.objects.get(tenant_id=tenant_id, id=UUID(text))
    except (ValueError, Account.DoesNotExist):
        raise Http404 from None


def _listed(
    request: HttpRequest, member: Member, object_type: str, rows: QuerySet[Any]
) -> tuple[narrowing.ListForm, narrowing.Listed]:
    """What is searched for, in the order of the words that were found, else a sheet of all; filtered either way."""
    form, tenant = narrowing.form_of(member.tenant, object_type, request.GET), member.tenant
    text = request.GET.get("q", "").strip()
    if not text:
        return form, narrowing.listed(rows, form, request.GET, tenant, object_type)
    try:
        mark = search.Mark.parse(request.GET.get("place", ""))
    except ValueError:
        mark = None
    found = search.find(tenant.pk, object_type, text, mark)
    wanted = narrowing.annotated(rows, form).filter(form.condition(tenant.pk, ZoneInfo(tenant.time_zone)))
    present = {row.id: row for row in wanted.filter(id__in=found.ids)}
    sheet = Sheet([present[id] for id in found.ids if id in present], older=found.after)
    return form, narrowing.Listed(sheet=sheet)


def _page(
    request: HttpRequest, template: str, listed: tuple[narrowing.ListForm, narrowing.Listed], context: dict[str, Any]
) -> HttpResponse:
    form, found = listed
    context |= {"sheet": found.sheet, "q": request.GET.get("q", "").strip(), "form": form, "found": found}
    return render(request, template, context, status=200 if form.is_valid() else 422)
