"""The request history: every record that came, and what became of each."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from rapport.configurations.models import Configuration
from rapport.connected_apps import examples
from rapport.connected_apps.models import Webhook
from rapport.connected_apps.webhooks import url
from rapport.evidence import actors, by_name, feeds, guesses, reasons, searching, trace
from rapport.evidence.forms import WORDS, RequestsForm
from rapport.evidence.models import ReplayedRecord
from rapport.evidence.replaying import cases
from rapport.evidence.whom import unknown_reference, whom
from rapport.history.models import ERRORS, Change
from rapport.imports.representation import line_of
from rapport.tenants.hosts import hosts
from rapport.tenants.query import Reader, place
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http import HttpRequest, HttpResponse

    from rapport.evidence.feeds import Look
    from rapport.evidence.reasons import Reason
    from rapport.history.models import SentRecord
    from rapport.members.access import Member

#: Outcome -> the word for titles.
OUTCOMES = WORDS
#: New records that are counted one by one.
COUNTED = 99


def requests(request: HttpRequest, member: Member) -> HttpResponse:
    """The records, newest first, behind filters; with `since`, how many have come since one of them."""
    reader = Reader(request.META.get("QUERY_STRING", ""))
    newer, since = "newer" in request.GET, reader.place("since")
    people = actors.people(member.tenant)
    with tenant_scope(member.tenant) as tenant_id:
        known = _known(tenant_id)
        form = _form(request, member, known, {"People": people, **actors.choices(tenant_id)})
        if since is not None:
            found = feeds.look(tenant_id, form.wanted(since, COUNTED), newer=True)
            return render(request, "evidence/new_requests.html", {"count": len(found.rows), "more": found.newer})
        cursor = reader.place("newer" if newer else "cursor")
        look = feeds.look(tenant_id, form.wanted(cursor), newer=newer and cursor is not None)
        told = _reasons(tenant_id, form) if cursor is None else ()
        known |= _named(tenant_id, [*look.rows, *(each.example for each in told)])
    context = {
        "reasons": [(each, _row(each.example, known)) for each in told],
        "reason": form.cleaned_data.get("reason"),
        "form": form,
        "columns": form.columns,
        "rows": [_row(row, known) for row in look.rows],
        "look": look,
        "by_name": by_name,
        "signs": searching.SIGNS,
        "stopped": None if newer else look.stopped,
        "first": cursor is None,
        "again": _again(request, member, form),
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
        known |= _named(tenant_id, [row])
        context = {
            "row": _row(row, known),
            "receipt": trace.receipt(tenant_id, row),
            "by_hand": trace.by_hand(row),
            "sent": row.sent and json.dumps(row.sent, ensure_ascii=False, indent=2),
            "position": row.position + 1,
            "line": _line(tenant_id, row),
            "resendable": _is_resendable(row),
            "undoable": row.outcome in guesses.WROTE and row.is_named,
            "errors": row.errors and json.dumps(row.errors, ensure_ascii=False, indent=2),
            "curl": _curl(request, row, known),
            "unknown": unknown_reference(row),
            "outcome": OUTCOMES.get(row.outcome, row.outcome),
            "configurations": [each for each in known["configurations"].values() if each.active and each.kind == "api"],
        }
        repeated = ReplayedRecord.objects.filter(tenant_id=tenant_id)
        context["again"] = repeated.filter(record=row.id, whole=True).first()
        context["repeats"] = repeated.filter(made=row.id).first()
        beside = {each.position - row.position: place(each) for each in feeds.neighbours(row)}
    return render(request, "evidence/request.html", context | {"before": beside.get(-1), "after": beside.get(1)})


def _line(tenant_id: int, row: SentRecord) -> int | None:
    """Where an imported record stands in its file."""
    if row.actor_type != Change.Actor.IMPORT or row.actor_id is None or not row.is_named:
        return None
    return line_of(tenant_id, row.actor_id, row.id, row.position)


def _is_resendable(row: SentRecord) -> bool:
    refused = row.outcome in ERRORS and cases.of_record(row) and unknown_reference(row) is None
    return refused and row.is_named and row.actor_type != Change.Actor.REPLAY


def of_change(request: HttpRequest, member: Member, seq: str) -> HttpResponse:
    """To the record that made a change of the ledger; the ledger stays, the request history does not."""
    with tenant_scope(member.tenant) as tenant_id:
        change = Change.objects.filter(tenant_id=tenant_id, seq=int(seq)).first()
        row = change and trace.of_change(tenant_id, change)
    if change is None:
        raise Http404
    if change.actor_type == Change.Actor.UNDO:
        return redirect(member.to("undo", id=change.actor_id))
    if row is None:
        gone = "The record that made this change is no longer in the request history."
        messages.warning(request, gone if change.has_receipt else "No record made this change.")
        return redirect(member.to("requests"))
    return redirect(member.to("request", token=place(row)))


def _again(request: HttpRequest, member: Member, form: RequestsForm) -> str | None:
    """The address under which refused records are sent again, for whoever looks at such only."""
    given = {name: request.GET.get(name, "") for name in form.fields if name != "column"}
    if form.cleaned_data.get("outcome") not in (*ERRORS, feeds.REFUSED):
        return None
    if given["outcome"] == feeds.REFUSED:  # a replay takes both where none is named
        del given["outcome"]
    return f"{member.to('new-replay')}?{urlencode({name: text for name, text in given.items() if text})}"


def _reasons(tenant_id: int, form: RequestsForm) -> Sequence[Reason]:
    """Why records were refused, for whoever looks at refused ones only."""
    given = form.cleaned_data
    if given.get("outcome") not in (*ERRORS, feeds.REFUSED) or given.get("reason"):
        return ()
    return reasons.grouped(feeds.look(tenant_id, form.wanted(None, reasons.RECORDS)).rows)


def _known(tenant_id: int) -> dict[str, Any]:
    """Everything that rows name by its id: configurations, webhooks."""
    configurations = Configuration.objects.filter(tenant_id=tenant_id).order_by("name")
    return {
        "configurations": {each.id: each for each in configurations},
        "webhooks": {each.id: each for each in Webhook.objects.filter(tenant_id=tenant_id)},
    }


def _named(tenant_id: int, rows: Sequence[SentRecord]) -> dict[str, Any]:
    """What those are called who sent rows, and what these are about."""
    return {
        "actors": actors.names(tenant_id, ((row.actor_type, row.actor_id) for row in rows)),
        "names": trace.names(tenant_id, (each for row in rows for each in row.objects_written)),
    }


def _form(request: HttpRequest, member: Member, known: dict[str, Any], sources: Mapping[str, Any]) -> RequestsForm:
    form = RequestsForm(
        request.GET,
        sources=sources,
        configurations=[(each.reference, each.name) for each in known["configurations"].values()],
        zone=ZoneInfo(member.tenant.time_zone),
    )
    form.is_valid()
    return form


def _row(row: SentRecord, known: dict[str, Any]) -> dict[str, Any]:
    """A row with the names of what it names."""
    configuration = known["configurations"].get(row.configuration_id)
    return {
        "token": place(row),
        "request": row,
        "source": known["actors"][row.actor_type, row.actor_id],
        "configuration": configuration,
        "fault": next((text for texts in (row.errors or {}).values() for text in texts), None),
        "whom": whom(row, known["names"], configuration),
    }


def _newest(look: Look) -> str | None:
    """The place that newer records come behind; before the first one there is none."""
    return place(look.rows[0]) if look.rows else None


def _curl(request: HttpRequest, row: SentRecord, known: dict[str, Any]) -> str | None:
    """The command that sends the same record once more, with a placeholder for what is secret."""
    configuration = known["configurations"].get(row.configuration_id)
    gone = row.configuration_id and configuration is None
    replayed = row.actor_type == Change.Actor.REPLAY
    no_call = replayed or row.actor_type == Change.Actor.IMPORT or trace.by_hand(row)
    if row.sent is None or gone or no_call or unknown_reference(row):
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
