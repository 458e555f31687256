"""Campaigns: the list with live progress, one campaign, its deliveries."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rapport.campaigns import acts, conditions, drafts, reasons, representation, taking, transport
from rapport.campaigns.errors import UnknownError
from rapport.campaigns.models import Campaign, Delivery, Plan
from rapport.directory.models import Contact
from rapport.directory.names import contact_name
from rapport.feedback import responses
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rapport.members.access import Member

PAGE = 50
#: State -> what its bar is coloured by.
_DONE = ("sent",)
_OVER = ("bounced", "failed", "skipped", "cancelled", "in doubt")


def find(tenant_id: int, id: str) -> Campaign:
    """A campaign of this system. Raises `Http404`."""
    try:
        return drafts.find(tenant_id, UUID(id))
    except UnknownError:
        raise Http404 from None


def listed(request: HttpRequest, member: Member) -> HttpResponse:
    """The campaigns, newest first, each with its progress."""
    with tenant_scope(member.tenant) as tenant_id:
        manual = Campaign.objects.filter(tenant_id=tenant_id, mode=Campaign.Mode.MANUAL)
        rows = list(manual.order_by("-id")[:PAGE])
        lines = [{"row": row, **progress(representation.counts(row))} for row in rows]
    live = any(row.state == Campaign.State.RUNNING for row in rows)
    return render(request, "campaigns/campaigns.html", {"lines": lines, "live": live})


def automated(request: HttpRequest, member: Member) -> HttpResponse:
    """The automated campaigns in the order in which they are offered survey records, and what waits unsent."""
    with tenant_scope(member.tenant) as tenant_id:
        own = Campaign.objects.filter(tenant_id=tenant_id, mode=Campaign.Mode.AUTOMATED)
        rows = list(own.exclude(state=Campaign.State.CANCELLED).order_by("is_default", "priority", "id"))
        known = conditions.fields(tenant_id)
        context = {
            "lines": [
                {"row": row, "filter": conditions.told(known, row.recipients), **progress(representation.counts(row))}
                for row in rows
            ],
            "live": any(row.state in Campaign.TAKING for row in rows),
            "waiting": taking.waiting(tenant_id),
        }
    return render(request, "campaigns/automated.html", context)


def progress(counts: dict[str, int]) -> dict[str, Any]:
    """What a bar shows: all, sent, over for another reason, waiting."""
    total = sum(counts.values())
    sent = sum(counts.get(state, 0) for state in _DONE)
    over = sum(counts.get(state, 0) for state in _OVER)
    return {"total": total, "sent": sent, "over": over, "waiting": total - sent - over, "done": sent + over}


def one(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """One campaign: how far it is, what became of whom, and what can be done."""
    zone, state = ZoneInfo(member.tenant.time_zone), request.GET.get("state", "")
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
        counts = representation.counts(row)
        found = _deliveries(row, state, request.GET.get("cursor", ""))
        context = {
            "row": row,
            "counts": counts,
            "reminder": _reminder(row, progress(counts)),
            "skipped": [(reasons.SHORT.get(code, code), number) for code, number in representation.skips(row).items()],
            **progress(counts),
            "funnel": _funnel(row, counts, member.tenant.time_zone),
            "told": reasons.sentence(row.reason, row.fact, zone),
            "lines": _lines(tenant_id, found[:PAGE], zone),
            "older": found[PAGE - 1].id if len(found) > PAGE else None,
            "state": state,
            "states": [(value, counts[value]) for value in Delivery.State.values if counts.get(value)],
            "again": [value for value in acts.AGAIN if counts.get(value)],
            "plan": Plan.objects.filter(tenant_id=tenant_id, campaign_id=row.id).first(),
            "is_open": drafts.is_open(row),
            "live": row.state == Campaign.State.RUNNING,
        }
    return render(request, "campaigns/campaign.html", context)


def _deliveries(row: Campaign, state: str, after: str) -> list[Delivery]:
    """Those of a page, in a state or all, and one more where there are more."""
    found = Delivery.objects.filter(tenant_id=row.tenant_id, campaign_id=row.id)
    found = found.filter(state=state) if state in Delivery.State.values else found
    place = place_of(after)
    found = found.filter(id__gt=place) if place else found
    return list(found.order_by("id")[: PAGE + 1])


def _lines(tenant_id: int, found: list[Delivery], zone: ZoneInfo) -> list[dict[str, Any]]:
    names = responses.by_id(Contact, tenant_id, (each.contact_id for each in found), ever=True)
    return [
        {
            "row": each,
            "name": contact_name(names[each.contact_id]) if each.contact_id in names else each.address,
            "told": reasons.sentence(each.reason, each.fact, zone),
        }
        for each in found
    ]


def _reminder(row: Campaign, far: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reminder that a manual campaign sends next: when, and whether all first messages are over."""
    manual = row.mode == Campaign.Mode.MANUAL and row.state == Campaign.State.RUNNING
    if not manual or row.start_at is None or not 0 < row.waves <= len(row.reminders):
        return None
    return {"at": row.start_at + timedelta(days=row.reminders[row.waves - 1]), "first": far["waiting"] == 0}


def place_of(text: str) -> UUID | None:
    """Where a page of a list begins; an address that somebody has mangled is the first one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _funnel(row: Campaign, counts: dict[str, int], zone: str) -> list[tuple[str, int]]:
    """Chosen, sent, and what came of that, as the Data Transport Report counts it."""
    drafted = row.state in Campaign.OPEN and row.mode == Campaign.Mode.MANUAL
    if drafted or row.kind not in (Campaign.Kind.INVITATION, Campaign.Kind.REMINDER):
        return []
    sums = transport.totals(transport.reached(row.tenant_id, zone, [row.id])).told()
    reached = [(label, sums[name]) for name, label in transport.REACHED.items()]
    return [("Chosen", sum(counts.values())), ("Sent", counts.get("sent", 0)), *reached]


class _Echo:
    """What a writer of rows writes to: it hands back what it is given."""

    def write(self, text: str) -> str:
        """The text."""
        return text


def export(request: HttpRequest, member: Member, id: str) -> HttpResponse:
    """The deliveries as CSV, each with its reason."""
    with tenant_scope(member.tenant) as tenant_id:
        row = find(tenant_id, id)
    answer = StreamingHttpResponse(_rows(member, row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="deliveries.csv"'
    return cast("HttpResponse", answer)  # Django keeps streams apart


def _rows(member: Member, row: Campaign) -> Iterator[str]:
    writer, zone, last = csv.writer(_Echo()), ZoneInfo(member.tenant.time_zone), UUID(int=0)
    yield writer.writerow(("Id", "Wave", "Address", "State", "Reason", "Tries", "Sent"))
    while True:
        with tenant_scope(member.tenant) as tenant_id:
            own = Delivery.objects.filter(tenant_id=tenant_id, campaign_id=row.id, id__gt=last)
            found = list(own.order_by("id")[:1000])
        if not found:
            return
        for each in found:
            told = reasons.sentence(each.reason, each.fact, zone)
            sent = each.sent_at.astimezone(zone).isoformat(" ", "seconds") if each.sent_at else ""
            address = each.address or ""
            quoted = f"'{address}" if address[:1] in ("=", "+", "-", "@") else address
            yield writer.writerow((each.id, each.wave, quoted, each.state, told, each.tries, sent))
        last = found[-1].id
