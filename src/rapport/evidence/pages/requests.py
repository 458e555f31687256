"""The request history: every record that came, and what became of each."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations.models import Configuration
from rapport.connected_apps import examples
from rapport.connected_apps.models import Webhook
from rapport.connected_apps.senders import senders
from rapport.connected_apps.webhooks import url
from rapport.evidence import feeds, trace
from rapport.evidence.forms import RequestsForm
from rapport.history.models import Change
from rapport.tenants.hosts import hosts
from rapport.tenants.query import Reader, place
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from rapport.evidence.feeds import Look
    from rapport.history.models import SentRecord
    from rapport.members.access import Member

#: New records that are counted one by one.
COUNTED = 99


def requests(request: HttpRequest, member: Member) -> HttpResponse:
    """The records, newest first, behind filters; with `since`, how many have come since one of them."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    newer, since = "newer" in request.GET, reader.place("since")
    with tenant_scope(member.tenant) as tenant_id:
        known = _known(tenant_id)
        form = _form(request, member, known)
        if since is not None:
            found = feeds.look(tenant_id, form.wanted(since, COUNTED), newer=True)
            return render(request, "evidence/new_requests.html", {"count": len(found.rows), "more": found.newer})
        cursor = reader.place("newer" if newer else "cursor")
        look = feeds.look(tenant_id, form.wanted(cursor), newer=newer and cursor is not None)
        known["names"] = trace.names(tenant_id, (each for row in look.rows for each in row.objects_written))
    context = {
        "form": form,
        "columns": form.columns,
        "rows": [_row(row, known) for row in look.rows],
        "look": look,
        "stopped": None if newer else look.stopped,
        "first": cursor is None,
        "since": _newest(look) if cursor is None else None,
    }
    return render(request, "evidence/requests.html", context, status=200 if form.is_valid() else 422)


def shown(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """One record: its receipt, what was sent, and how to send it again."""
    with tenant_scope(member.tenant) as tenant_id:
        row = feeds.find(tenant_id, token)
        if row is None:
            raise Http404
        known = _known(tenant_id)
        known["names"] = trace.names(tenant_id, row.objects_written)
        context = {
            "row": _row(row, known),
            "receipt": trace.receipt(tenant_id, row),
            "sent": row.sent and json.dumps(row.sent, ensure_ascii=False, indent=2),
            "position": row.position + 1,
            "errors": row.errors and json.dumps(row.errors, ensure_ascii=False, indent=2),
            "curl": _curl(request, row, known),
        }
        beside = {each.position - row.position: place(each) for each in feeds.neighbours(row)}
    return render(request, "evidence/request.html", context | {"before": beside.get(-1), "after": beside.get(1)})


def of_change(request: HttpRequest, member: Member, seq: str) -> HttpResponse:
    """To the record that made a change of the ledger; the ledger stays, the request history does not."""
    with tenant_scope(member.tenant) as tenant_id:
        change = Change.objects.filter(tenant_id=tenant_id, seq=int(seq)).first()
        row = change and trace.of_change(tenant_id, change)
    if change is None:
        raise Http404
    if row is None:
        messages.warning(request, "The record that made this change is no longer in the request history.")
        return redirect(member.to("requests"))
    return redirect(member.to("request", token=place(row)))


def _known(tenant_id: int) -> dict[str, Any]:
    """Everything that rows name by its id: sources, configurations, webhooks."""
    configurations = Configuration.objects.filter(tenant_id=tenant_id).order_by("name")
    return {
        "sources": senders(tenant_id),
        "configurations": {each.id: each for each in configurations},
        "webhooks": {each.id: each for each in Webhook.objects.filter(tenant_id=tenant_id)},
    }


def _form(request: HttpRequest, member: Member, known: dict[str, Any]) -> RequestsForm:
    sources = sorted((each.name, str(each.id)) for each in known["sources"].values())
    form = RequestsForm(
        request.GET,
        sources=[(id, name) for name, id in sources],
        configurations=[(each.reference, each.name) for each in known["configurations"].values()],
        zone=ZoneInfo(member.tenant.time_zone),
    )
    form.is_valid()
    return form


def _row(row: SentRecord, known: dict[str, Any]) -> dict[str, Any]:
    """A row with the names of what it names."""
    return {
        "token": place(row),
        "request": row,
        "source": known["sources"].get((row.actor_type, row.actor_id)),
        "configuration": known["configurations"].get(row.configuration_id),
        "fault": _first(text for texts in (row.errors or {}).values() for text in texts),
        "who": row.email_key or row.phone_key or _first(known["names"].get(each["id"]) for each in row.objects_written),
    }


def _first(names: Iterable[str | None]) -> str | None:
    return next(filter(None, names), None)


def _newest(look: Look) -> str | None:
    """The place that newer records come behind; before the first one there is none."""
    return place(look.rows[0]) if look.rows else None


def _curl(request: HttpRequest, row: SentRecord, known: dict[str, Any]) -> str | None:
    """The command that sends the same record once more, with a placeholder for what is secret."""
    configuration = known["configurations"].get(row.configuration_id)
    asks = any(each["type"] == "survey_record" for each in row.objects_written)
    by_hand = row.configuration_id is None and (asks or row.actor_type == Change.Actor.USER)
    if row.sent is None or by_hand or (row.configuration_id and configuration is None):
        return None
    if row.actor_type == "webhook":
        hook = known["webhooks"].get(row.actor_id)
        return hook and examples.hook(url(hook.public_id, settings.RAPPORT), hook.user_name, row.sent)
    path, content = "activities", row.sent
    if configuration is not None:
        path, content = "records", {"configuration": configuration.reference, "record": row.sent}
    lines = [f"curl -X PUT {hosts(request)['records']}/{path}", '-H "Authorization: Bearer $TOKEN"']
    told = shlex.quote(json.dumps(content, ensure_ascii=False))
    return " \\\n  ".join([*lines, "-H 'Content-Type: application/json'", f"-d {told}"])
